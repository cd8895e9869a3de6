//! A row of a file, read column by column.

use csv::ByteRecord;

use crate::columns::Column;
use crate::report::Refused;

/// The longest id or key that the service remembers.
const ID_BYTES: usize = 255;

/// A row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The line on which it begins.
    pub(crate) line: u64,
    /// Its columns.
    pub(crate) record: &'a ByteRecord,
}

impl<'a> Row<'a> {
    /// Why it is not taken: what is wrong with `field`.
    pub(crate) fn refused(self, field: &str, reason: String) -> Refused {
        Refused {
            line: self.line,
            field: field.to_owned(),
            reason,
        }
    }

    /// What stands in the column of the field `name`.
    pub(crate) fn text(self, name: &str, column: &Column) -> Result<&'a str, Refused> {
        let Some(bytes) = self.record.get(column.index) else {
            let has = self.record.len();
            let reason = format!("the row has no column {}; it has {has}", column.label);
            return Err(self.refused(name, reason));
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.trim()),
            Err(_) => {
                let reason = format!("column {} is not UTF-8", column.label);
                Err(self.refused(name, reason))
            }
        }
    }

    /// The same of a column that need not be there; an empty cell says nothing.
    pub(crate) fn optional(
        self,
        name: &str,
        column: Option<&Column>,
    ) -> Result<Option<&'a str>, Refused> {
        match column {
            None => Ok(None),
            Some(column) => {
                let text = self.text(name, column)?;
                Ok((!text.is_empty()).then_some(text))
            }
        }
    }

    /// The id or key in the column of the field `name`, called `called` after "a" or "an"; `otherwise` where no column holds it.
    pub(crate) fn id(
        self,
        name: &str,
        (a, called): (&str, &str),
        column: Option<&Column>,
        otherwise: impl FnOnce() -> String,
    ) -> Result<String, Refused> {
        let id = match column {
            Some(column) => self.text(name, column)?.to_owned(),
            None => otherwise(),
        };
        if id.is_empty() {
            return Err(self.refused(name, format!("there is no {called}")));
        }
        if id.len() > ID_BYTES {
            let has = id.len();
            let reason = format!("{a} {called} has at most {ID_BYTES} bytes; this one has {has}");
            return Err(self.refused(name, reason));
        }
        Ok(id)
    }
}
