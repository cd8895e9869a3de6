//! One request, crashed at each of its steps, against the same without a crash.

use rapport_store::faulty::{Faulty, for_each_crash_point};
use rapport_store::{Driver, Memory};
use rapport_web::testing::Answered;
use serde_json::{Value, json};

use crate::call::Call;
use crate::heal::heal;
use crate::process::Process;

/// A request to be crashed, and where its effect can be seen.
pub struct Scenario {
    /// What comes before, without faults.
    pub before: Vec<Call>,
    /// The request.
    pub request: Call,
    /// What is read in the end.
    pub looks: Vec<Call>,
    /// The moment of a tick that comes after all that, with what is read then.
    pub later: Option<(String, Vec<Call>)>,
}

impl Scenario {
    /// `request` after `before`, seen at `looks`.
    pub fn new(before: Vec<Call>, request: Call, looks: &[&str]) -> Self {
        Self {
            before,
            request,
            looks: looks.iter().map(|path| Call::get(path)).collect(),
            later: None,
        }
    }

    /// Then there is a tick at `moment`, and `looks` are read.
    #[must_use]
    pub fn then(self, moment: &str, looks: &[&str]) -> Self {
        let looks = looks.iter().map(|path| Call::get(path).at(moment));
        Self {
            later: Some((moment.to_owned(), looks.collect())),
            ..self
        }
    }

    /// Crashes the request likewise, and nobody makes it again. What can be read in the end, all of it together, must be as
    /// if it had never been made, or as if it had been made; the latter where it was answered. `apart` are looks of which
    /// each may be either: other documents' commits, and lists, which show a document whose creation was never
    /// acknowledged only from its next commit on.
    ///
    /// # Panics
    ///
    /// Where it is not.
    pub async fn run_unrepeated(&self, apart: &[&str]) -> u64 {
        let prepared = self.prepared().await;
        let untouched = Memory::new();
        copy(&prepared, &untouched).await;
        heal(&untouched, None).await;
        let without = self.look(&untouched).await;
        let mut with: Option<Vec<Value>> = None;
        for_each_crash_point(Memory::repeatable, async |memory, faulty| {
            copy(&prepared, &memory).await;
            let first = Process::over(faulty.clone(), &memory)
                .make(&self.request)
                .await;
            heal(&memory, None).await;
            let seen = self.look(&memory).await;
            let with = with.get_or_insert_with(|| seen.clone());
            let answered = answered(&first);
            let place = format!(
                "{} {} crashed after {} operations and was answered {}",
                self.request.method,
                self.request.path,
                faulty.injected().operations,
                first.status
            );
            let mut together = Vec::new();
            for (at, look) in self.looks.iter().enumerate() {
                let (is, was, will) = (&seen[at], &without[at], &with[at]);
                if apart.contains(&look.path.as_str()) && !answered {
                    assert!(is == was || is == will, "{place}: {is}");
                } else {
                    together.push((is.clone(), was.clone(), will.clone()));
                }
            }
            let done = together.iter().all(|(is, _, will)| is == will);
            let undone = together.iter().all(|(is, was, _)| is == was);
            assert!(done || undone && !answered, "{place}: {together:#?}");
        })
        .await
    }

    /// Crashes the request likewise; then another one changes the same document, before anything was carried out; then the
    /// request is made again. What can be read in the end must be what can be read where nothing crashed.
    ///
    /// # Panics
    ///
    /// Where it is not.
    pub async fn run_followed(&self, other: &Call) -> u64 {
        let prepared = self.prepared().await;
        let mut expected: Option<Vec<Value>> = None;
        for_each_crash_point(Memory::repeatable, async |memory, faulty| {
            copy(&prepared, &memory).await;
            let crashing = Process::over(faulty.clone(), &memory);
            crashing.make(&self.request).await;
            let sound = Process::sound(&memory);
            for call in [other, &self.request] {
                let answer = sound.make(call).await;
                assert!(answered(&answer), "{}", answer.body);
            }
            let ticked = heal(&memory, None).await;
            let mut seen = self.look(&memory).await;
            seen.push(ticked["next_due"].clone());
            let expected = expected.get_or_insert_with(|| seen.clone());
            let operations = faulty.injected().operations;
            assert_eq!(
                &seen, expected,
                "{} {} crashed after {operations} operations",
                self.request.method, self.request.path,
            );
        })
        .await
    }

    async fn look(&self, memory: &Memory) -> Vec<Value> {
        let reader = Process::sound(memory);
        let mut seen = Vec::new();
        for look in &self.looks {
            let answered = reader.make(look).await;
            // A problem names its request.
            let mut body = answered.body;
            if let Some(body) = body.as_object_mut() {
                body.remove("request_id");
            }
            seen.push(json!([look.path, answered.status.as_u16(), body]));
        }
        seen
    }

    async fn prepared(&self) -> Memory {
        let prepared = Memory::new();
        let process = Process::sound(&prepared);
        for call in &self.before {
            let answered = process.make(call).await;
            let status = answered.status;
            assert!(status.is_success(), "{call:?}: {status} {}", answered.body);
        }
        prepared
    }

    /// Crashes the request before its first operation and after each of the others. Another process makes it again, word for
    /// word; then what is left undone is done. What can be read then must be what can be read where nothing crashed, and
    /// the second answer must be that of the first, and of the run without a crash. Answers how many points there were.
    ///
    /// # Panics
    ///
    /// Where it is not.
    pub async fn run(&self) -> u64 {
        let prepared = self.prepared().await;
        let mut expected: Option<Value> = None;
        for_each_crash_point(Memory::repeatable, async |memory, faulty| {
            copy(&prepared, &memory).await;
            let seen = self.once(&memory, faulty.clone()).await;
            let expected = expected.get_or_insert_with(|| seen.clone());
            let operations = faulty.injected().operations;
            assert_eq!(
                &seen, expected,
                "{} {} crashed after {operations} operations",
                self.request.method, self.request.path,
            );
        })
        .await
    }

    async fn once(&self, memory: &Memory, faulty: Faulty) -> Value {
        let crashing = Process::over(faulty, memory);
        let first = crashing.make(&self.request).await;
        let sound = Process::sound(memory);
        let second = sound.make(&self.request).await;
        assert!(answered(&second), "{}", second.body);
        if answered(&first) {
            // It was durable, so it was a repetition.
            assert_eq!((second.status, &second.body), (first.status, &first.body));
        }
        let ticked = heal(memory, None).await;
        let mut seen = vec![
            json!([second.status.as_u16(), second.body]),
            ticked["next_due"].clone(),
        ];
        seen.extend(self.look(memory).await);
        if let Some((moment, looks)) = &self.later {
            seen.push(heal(memory, Some(moment)).await);
            let reader = Process::sound(memory);
            for look in looks {
                let answered = reader.make(look).await;
                seen.push(json!([look.path, answered.status.as_u16(), answered.body]));
            }
        }
        Value::Array(seen)
    }
}

/// Whether the request was answered, and all of it: a batch answers for each customer.
pub fn answered(answer: &Answered) -> bool {
    let lines = answer.body["results"].as_array();
    let failed = lines.is_some_and(|lines| lines.iter().any(|line| line["status"] == "failed"));
    answer.status.is_success() && !failed
}

async fn copy(from: &Memory, to: &Memory) {
    for key in from.keys() {
        if let Ok(Some(value)) = from.get(&key).await {
            let written = to.set(&key, value).await;
            assert!(written.is_ok());
        }
    }
}
