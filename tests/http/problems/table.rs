//! The routes of `routes.txt`, and a shop in which they succeed.

use std::collections::BTreeMap;

use rapport_tests::host::Options;
use rapport_tests::{Host, Shop};
use reqwest::Method;
use serde_json::Value;

/// A route that changes something, or only decides.
pub struct Mutation {
    pub method: Method,
    pub path: String,
    /// What it takes; `None` where it takes nothing.
    pub body: Option<Value>,
    /// A field of the body and a value of another type, for `wrong_type` there. Only what has one refuses unknown fields.
    pub wrong: Option<(String, Value)>,
}

impl Mutation {
    /// What it takes; an empty object is as good as nothing.
    pub fn body(&self) -> Value {
        self.body
            .clone()
            .unwrap_or_else(|| Value::Object(Default::default()))
    }

    /// As people name it.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Every route, as it is called in the prepared shop.
#[derive(Default)]
pub struct Routes {
    /// What is read with a key.
    pub reads: Vec<String>,
    /// What is read without.
    pub public: Vec<String>,
    pub mutations: Vec<Mutation>,
    pub deletes: Vec<String>,
}

impl Routes {
    /// Every path, and the methods that stand there.
    pub fn all(&self) -> impl Iterator<Item = (Method, &str)> {
        let reads = self.reads.iter().chain(&self.public);
        let reads = reads.map(|path| (Method::GET, path.as_str()));
        let mutations = self.mutations.iter();
        let mutations = mutations.map(|one| (one.method.clone(), one.path.as_str()));
        let deletes = self.deletes.iter();
        reads
            .chain(mutations)
            .chain(deletes.map(|path| (Method::DELETE, path.as_str())))
    }
}

/// A line of the file.
struct Line<'a> {
    method: Method,
    path: &'a str,
    body: Option<&'a str>,
    wrong: Option<(&'a str, &'a str)>,
    kept: Option<(&'a str, &'a str)>,
    public: bool,
}

fn lines() -> Vec<Line<'static>> {
    let lines = include_str!("routes.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(line).collect()
}

fn line(text: &str) -> Line<'_> {
    let (rest, kept) = match text.split_once(" > ") {
        Some((rest, kept)) => (rest, kept.split_once(' ')),
        None => (text, None),
    };
    let (rest, wrong) = match rest.split_once(" ! ") {
        Some((rest, wrong)) => (rest, wrong.split_once(' ')),
        None => (rest, None),
    };
    let mut parts = rest.splitn(3, ' ');
    let method = parts.next().and_then(|method| method.parse().ok());
    let path = parts.next().unwrap_or_else(|| panic!("no path: {text}"));
    let rest = parts.next();
    Line {
        method: method.unwrap_or_else(|| panic!("no method: {text}")),
        path,
        body: rest.filter(|rest| rest.starts_with('{')),
        wrong,
        kept,
        public: rest == Some("public"),
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A shop in which every line succeeded, and the routes as they are called there.
pub async fn prepared() -> (Host, Shop, Routes) {
    let secret = "0123456789abcdef".repeat(4);
    let host = Options::default().variable("signing_key", &secret).start();
    let shop = host.shop();
    let mut routes = Routes::default();
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    for line in lines() {
        let named = |text: &str| {
            let name = |text: String, (name, value): (&&str, &String)| {
                text.replace(&format!("<{name}>"), value)
            };
            names.iter().fold(text.to_owned(), name)
        };
        let path = named(line.path);
        if line.method == Method::DELETE {
            routes.deletes.push(path);
            continue;
        }
        let body = line.body.map(|body| json(&named(body)));
        let answered = match &body {
            Some(body) => shop.call(line.method.clone(), &path, body).await,
            None => Shop::send(shop.request(line.method.clone(), &path)).await,
        };
        assert!(
            answered.status.is_success(),
            "{} {path}: {}",
            line.method,
            answered.body
        );
        if let Some((name, pointer)) = line.kept {
            let kept = answered.body.pointer(pointer).and_then(Value::as_str);
            let kept = kept.unwrap_or_else(|| panic!("{path}: {}", answered.body));
            names.insert(name, kept.to_owned());
        }
        if line.method != Method::GET {
            let wrong = line.wrong;
            routes.mutations.push(Mutation {
                method: line.method,
                path,
                body,
                wrong: wrong.map(|(pointer, value)| (pointer.to_owned(), json(value))),
            });
        } else if line.public {
            routes.public.push(path);
        } else {
            routes.reads.push(path);
        }
    }
    (host, shop, routes)
}
