//! Redis's values as `spin:redis` tells them: a flat list, nested ones laid out in order.

use redis::{ErrorKind, FromRedisValue, RedisError, Value};

use super::bindings::spin::redis::redis::RedisResult;

/// What a command answered.
pub struct Results(pub Vec<RedisResult>);

impl FromRedisValue for Results {
    fn from_redis_value(value: &Value) -> redis::RedisResult<Self> {
        let mut flat = Vec::new();
        append(value, &mut flat)?;
        Ok(Self(flat))
    }
}

fn append(value: &Value, flat: &mut Vec<RedisResult>) -> redis::RedisResult<()> {
    let one = match value {
        Value::Nil => RedisResult::Nil,
        Value::Int(number) => RedisResult::Int64(*number),
        Value::Boolean(yes) => RedisResult::Int64(i64::from(*yes)),
        Value::BulkString(bytes) => RedisResult::Binary(bytes.clone()),
        Value::Double(number) => RedisResult::Binary(number.to_string().into_bytes()),
        Value::SimpleString(text) => RedisResult::Status(text.clone()),
        Value::Okay => RedisResult::Status("OK".to_owned()),
        Value::Array(values) | Value::Set(values) => {
            return values.iter().try_for_each(|value| append(value, flat));
        }
        Value::ServerError(error) => {
            return Err(unsupported(
                ErrorKind::ResponseError,
                "Server error",
                format!("{error:?}"),
            ));
        }
        other => {
            return Err(unsupported(
                ErrorKind::TypeError,
                "Could not convert Redis response",
                format!("{other:?} is of a type that is not supported"),
            ));
        }
    };
    flat.push(one);
    Ok(())
}

fn unsupported(kind: ErrorKind, what: &'static str, detail: String) -> RedisError {
    RedisError::from((kind, what, detail))
}

/// How much memory the results take, as far as their texts do.
pub fn bytes(results: &[RedisResult]) -> usize {
    let one = |result: &RedisResult| match result {
        RedisResult::Nil | RedisResult::Int64(_) => 0,
        RedisResult::Status(text) => text.len(),
        RedisResult::Binary(bytes) => bytes.len(),
    };
    results
        .iter()
        .map(|result| size_of::<RedisResult>() + one(result))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_lists_are_laid_out_in_order() {
        let value = Value::Array(vec![
            Value::Nil,
            Value::Array(vec![Value::Int(7), Value::Okay]),
            Value::BulkString(b"x".to_vec()),
        ]);
        let Results(flat) = Results::from_redis_value(&value).unwrap();
        assert!(matches!(
            flat.as_slice(),
            [RedisResult::Nil, RedisResult::Int64(7), RedisResult::Status(ok), RedisResult::Binary(x)]
                if ok == "OK" && x == b"x"
        ));
        assert_eq!(bytes(&flat), 4 * size_of::<RedisResult>() + 3);
    }

    #[test]
    fn a_map_is_refused() {
        assert!(Results::from_redis_value(&Value::Map(Vec::new())).is_err());
    }
}
