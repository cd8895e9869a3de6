//! As much of Rapport as an import sees, in this process, with troubles on demand.
#![allow(dead_code)]

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// 503 without a word on when to come back.
    Busy,
    /// 503 with `Retry-After`.
    RetryAfter(u64),
    /// 429.
    TooMany,
    /// 500.
    Fail,
    /// 413.
    TooLarge,
    /// The connection is closed before anything was counted.
    Drop,
    /// The connection is closed after everything was counted.
    DropAfterwards,
    /// The items of every second customer are answered with `failed`.
    FailSome,
}

/// The service. It ends with the test's process.
pub struct Service {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Requests that carry items.
    requests: u64,
    items: u64,
    at_once: usize,
    most_at_once: usize,
    troubles: BTreeMap<u64, Trouble>,
    dies_after: Option<u64>,
    orders: BTreeMap<String, Vec<String>>,
    /// What was imported into each account, in order: the body's lots, and its kind.
    lots: BTreeMap<String, Vec<(Value, Value)>>,
    known: HashSet<(String, String)>,
}

impl Service {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = shared.clone();
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Request number `request` (from 1, of those that carry items) meets `trouble`.
    pub fn trouble(&self, request: u64, trouble: Trouble) {
        self.lock().troubles.insert(request, trouble);
    }

    /// Every connection is closed once `requests` were answered.
    pub fn die_after(&self, requests: u64) {
        self.lock().dies_after = Some(requests);
    }

    pub fn revive(&self) {
        self.lock().dies_after = None;
    }

    pub fn troubles_left(&self) -> usize {
        self.lock().troubles.len()
    }

    /// The order ids of each customer, as they were counted.
    pub fn orders(&self) -> BTreeMap<String, Vec<String>> {
        self.lock().orders.clone()
    }

    /// What was imported into each account: lot and kind.
    pub fn lots(&self) -> BTreeMap<String, Vec<(Value, Value)>> {
        self.lock().lots.clone()
    }

    pub fn requests(&self) -> u64 {
        self.lock().requests
    }

    pub fn items_received(&self) -> u64 {
        self.lock().items
    }

    pub fn most_at_once(&self) -> usize {
        self.lock().most_at_once
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

struct Answer {
    status: u16,
    headers: String,
    body: Value,
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some((path, key, body)) = request(&mut reader) {
        let Some(answer) = answer(&path, &key, &body, state) else {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        };
        let body = answer.body.to_string();
        let head = format!(
            "HTTP/1.1 {} -\r\n{}content-length: {}\r\n\r\n",
            answer.status,
            answer.headers,
            body.len()
        );
        if (&stream)
            .write_all(format!("{head}{body}").as_bytes())
            .is_err()
        {
            return;
        }
    }
}

/// The path, the key and the body of the next request on this connection.
fn request(reader: &mut impl BufRead) -> Option<(String, String, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut key) = (0, String::new());
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => key = value.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, key, body))
}

/// What is answered; `None` closes the connection.
fn answer(path: &str, key: &str, body: &[u8], state: &Mutex<State>) -> Option<Answer> {
    let problem = |status: u16, code: &str, headers: &str| {
        Some(Answer {
            status,
            headers: headers.to_owned(),
            body: json!({"status": status, "code": code, "detail": "So it is."}),
        })
    };
    if path.starts_with("/moved") {
        return Some(Answer {
            status: 308,
            headers: "location: https://other.example\r\n".into(),
            body: json!({}),
        });
    }
    let account = path.strip_prefix("/v1/loyalty/accounts/");
    let account = account.and_then(|rest| rest.strip_suffix("/import"));
    if path != "/v1/batch" && account.is_none() {
        return Some(Answer {
            status: 404,
            headers: String::new(),
            body: json!("nothing here"),
        });
    }
    if key != "Bearer rk_test" {
        return problem(401, "unauthorized", "");
    }
    let body: Value = serde_json::from_slice(body).unwrap();
    let alone = vec![body.clone()];
    let items = body["batch"].as_array().unwrap_or(&alone);
    if items.is_empty() {
        return Some(Answer {
            status: 200,
            headers: String::new(),
            body: json!({"results": []}),
        });
    }
    let trouble = {
        let mut state = state.lock().unwrap();
        if state
            .dies_after
            .is_some_and(|after| state.requests >= after)
        {
            return None;
        }
        state.requests += 1;
        let request = state.requests;
        state.at_once += 1;
        state.most_at_once = state.most_at_once.max(state.at_once);
        state.troubles.remove(&request)
    };
    // Long enough for requests to meet.
    std::thread::sleep(Duration::from_millis(5));
    let mut state = state.lock().unwrap();
    state.at_once -= 1;
    match trouble {
        Some(Trouble::Busy) => return problem(503, "contended", ""),
        Some(Trouble::RetryAfter(seconds)) => {
            return problem(
                503,
                "store_unavailable",
                &format!("retry-after: {seconds}\r\n"),
            );
        }
        Some(Trouble::TooMany) => return problem(429, "too_many_requests", "retry-after: 0\r\n"),
        Some(Trouble::Fail) => return problem(500, "internal", ""),
        Some(Trouble::TooLarge) => return problem(413, "too_large", ""),
        Some(Trouble::Drop) => return None,
        Some(Trouble::DropAfterwards | Trouble::FailSome) | None => {}
    }
    if let Some(customer) = account {
        let answered = import(customer, &body, &mut state);
        return match trouble {
            Some(Trouble::DropAfterwards) => None,
            _ => Some(answered),
        };
    }
    // As the service does it: one customer that has no room left spoils the whole request, if nothing else is in it.
    if items.iter().all(|item| item["userId"] == "full") {
        return problem(413, "too_large", "");
    }
    state.items += items.len() as u64;
    let failing =
        |customer: &str| trouble == Some(Trouble::FailSome) && customer.len().is_multiple_of(2);
    let results: Vec<Value> = items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let customer = item["userId"].as_str().unwrap();
            let order = item["properties"]["order_id"].as_str().unwrap();
            assert_eq!((&item["type"], &item["event"]), (&json!("track"), &json!("Order Completed")));
            let error = |pointer: &str, detail: &str| json!({"pointer": format!("/batch/{index}{pointer}"), "code": "x", "detail": detail});
            if customer == "refused" {
                return json!({"index": index, "status": "refused", "error": error("/properties/total", "not from them")});
            }
            if customer == "full" || failing(customer) {
                return json!({"index": index, "status": "failed", "error": error("", "no room")});
            }
            let new = state.known.insert((customer.to_owned(), order.to_owned()));
            if new {
                state.orders.entry(customer.to_owned()).or_default().push(order.to_owned());
            }
            json!({"index": index, "status": if new { "applied" } else { "duplicate" }, "customer": customer})
        })
        .collect();
    if trouble == Some(Trouble::DropAfterwards) {
        return None;
    }
    Some(Answer {
        status: 200,
        headers: "content-type: application/json\r\n".into(),
        body: json!({ "results": results }),
    })
}

/// Takes a lot into an account, once for each key.
fn import(customer: &str, body: &Value, state: &mut State) -> Answer {
    let lot = body["lots"][0].clone();
    if lot["expires_at"].as_str().is_some_and(|end| end < "2026") {
        let error = json!({"pointer": "/lots/0/expires_at", "code": "in_the_past", "detail": "These points would be over already."});
        return Answer {
            status: 422,
            headers: String::new(),
            body: json!({"status": 422, "code": "invalid_request", "detail": "Something is wrong.", "errors": [error]}),
        };
    }
    state.items += 1;
    let key = body["key"].as_str().unwrap().to_owned();
    let new = state.known.insert((customer.to_owned(), key));
    if new {
        let lots = state.lots.entry(customer.to_owned()).or_default();
        lots.push((lot, body["kind"].clone()));
    }
    let replayed = if new {
        ""
    } else {
        "idempotency-replayed: true\r\n"
    };
    Answer {
        status: 200,
        headers: format!("content-type: application/json\r\n{replayed}"),
        body: json!({"points": 1}),
    }
}
