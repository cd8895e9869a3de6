//! A page of documentation, read as requests and answers.

use super::curl;

/// A request, and what the page says of its answer; or what is done before the next one.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// Where it stands, from 1.
    pub line: usize,
    /// Such as `PUT`.
    pub method: String,
    /// With its query.
    pub path: String,
    /// Headers that a `curl` command names, but the key.
    pub headers: Vec<(String, String)>,
    /// As it stands on the page; empty: none.
    pub body: String,
    /// The status, where the page names one.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub answer_headers: Vec<Header>,
    /// JSON with gaps; `None`: the page shows no body.
    pub answer: Option<Shown>,
    /// What comes before the request is made.
    pub before: Vec<Before>,
}

/// A header of an answer.
#[derive(Debug, Clone)]
pub struct Header {
    /// Such as `ETag`.
    pub name: String,
    /// As it is shown.
    pub value: String,
    /// Its line on the page, from 0.
    pub line: usize,
}

/// A body as it is shown.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The text.
    pub text: String,
    /// Its lines on the page, from 0, without the one behind the last.
    pub lines: std::ops::Range<usize>,
}

/// What is done before a request.
#[derive(Debug, Clone)]
pub enum Before {
    /// The clock says this moment from here on.
    At(String),
    /// On a new, empty host.
    Fresh,
    /// Ticks until the audience of this segment is filled.
    Filled(String),
}

const METHODS: [&str; 5] = ["GET", "PUT", "POST", "PATCH", "DELETE"];

/// The requests of the page, in order. Refused: a line in a `<!-- run` comment that is none of those that there are, and a comment
/// that never ends.
pub fn steps(text: &str) -> Result<Vec<Step>, String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut reader = Reader {
        lines: &lines,
        at: 0,
        before: Vec::new(),
        left: false,
        steps: Vec::new(),
    };
    reader.page()?;
    Ok(reader.steps)
}

struct Reader<'a> {
    lines: &'a [&'a str],
    at: usize,
    before: Vec<Before>,
    left: bool,
    steps: Vec<Step>,
}

impl<'a> Reader<'a> {
    fn line(&self) -> Option<&'a str> {
        self.lines.get(self.at).copied()
    }

    fn page(&mut self) -> Result<(), String> {
        while let Some(line) = self.line() {
            if line.starts_with("<!-- run") {
                self.at += 1;
                self.comment()?;
            } else if line.trim_start().starts_with("$ curl") {
                self.curl();
            } else if line.starts_with("    ") && request(line).is_some() {
                self.request();
            } else {
                self.at += 1;
            }
        }
        Ok(())
    }

    fn comment(&mut self) -> Result<(), String> {
        let mut below = false;
        loop {
            let number = self.at + 1;
            let line = self
                .line()
                .ok_or("a comment that never ends")?
                .trim()
                .to_owned();
            if line == "-->" {
                self.at += 1;
                if below {
                    self.below();
                }
                return Ok(());
            }
            if request(&line).is_some() {
                self.request();
                continue;
            }
            if let Some(moment) = line.strip_prefix("at ") {
                self.before.push(Before::At(moment.to_owned()));
            } else if let Some(segment) = line.strip_prefix("filled ") {
                self.before.push(Before::Filled(segment.to_owned()));
            } else if line == "shown below" {
                below = true;
            } else if line == "fresh" {
                self.before.push(Before::Fresh);
            } else if line.starts_with("leave ") {
                self.left = true;
            } else if !line.is_empty() {
                return Err(format!("line {number}: nobody knows how to run {line:?}"));
            }
            self.at += 1;
        }
    }

    /// The next JSON on the page is the answer to the last request.
    fn below(&mut self) {
        while self
            .line()
            .is_some_and(|line| !line.trim_start().starts_with('{'))
        {
            self.at += 1;
        }
        let answer = self.json();
        if let Some(step) = self.steps.last_mut() {
            step.answer = answer;
        }
    }

    fn request(&mut self) {
        let mut step = Step {
            line: self.at + 1,
            ..Step::default()
        };
        if let Some((method, path)) = self.line().and_then(request) {
            (step.method, step.path) = (method.to_owned(), path.to_owned());
        }
        self.at += 1;
        step.body = self.json().map(|shown| shown.text).unwrap_or_default();
        self.answer(&mut step);
        self.keep(step);
    }

    fn keep(&mut self, mut step: Step) {
        step.before = std::mem::take(&mut self.before);
        if std::mem::take(&mut self.left) {
            // What it would have set stays for the one that is made.
            self.before = step.before;
        } else {
            self.steps.push(step);
        }
    }

    /// The lines of a JSON text that begins here, to its last bracket.
    fn json(&mut self) -> Option<Shown> {
        let first = self.line()?.trim_start();
        if !first.starts_with(['{', '[']) {
            return None;
        }
        let begin = self.at;
        let (mut open, mut quoted, mut escaped) = (0_i32, false, false);
        while let Some(line) = self.line() {
            self.at += 1;
            for letter in line.chars() {
                quoted ^= letter == '"' && !escaped;
                escaped = letter == '\\' && !escaped;
                open += match letter {
                    '{' | '[' if !quoted => 1,
                    '}' | ']' if !quoted => -1,
                    _ => 0,
                };
            }
            if open <= 0 || line.starts_with("```") {
                break;
            }
        }
        Some(Shown {
            text: self.lines.get(begin..self.at)?.join("\n"),
            lines: begin..self.at,
        })
    }

    /// The answer to the request before: behind blank lines, in the same indented block or the same comment.
    fn answer(&mut self, step: &mut Step) {
        self.blank();
        if let Some(status) = self.line().and_then(status) {
            step.status = Some(status);
            self.at += 1;
            while let Some((name, value)) = self.line().and_then(header) {
                step.answer_headers.push(Header {
                    name: name.to_owned(),
                    value: value.to_owned(),
                    line: self.at,
                });
                self.at += 1;
            }
            self.blank();
        }
        if self.line().is_some_and(|line| line.starts_with("    ")) {
            step.answer = self.json();
        }
    }

    fn blank(&mut self) {
        while self.line().is_some_and(|line| line.trim().is_empty()) {
            self.at += 1;
        }
    }

    /// A command, its continuation lines, and the answer: in the lines below it, or in the next block of JSON.
    fn curl(&mut self) {
        let number = self.at + 1;
        let mut command = String::new();
        while let Some(line) = self.line() {
            command.push_str(line.trim_end_matches('\\'));
            command.push('\n');
            self.at += 1;
            if !line.ends_with('\\') && command.matches('\'').count().is_multiple_of(2) {
                break;
            }
        }
        let Some(mut step) = curl::read(&command) else {
            return;
        };
        step.line = number;
        step.answer = self.json();
        if step.answer.is_none() && self.line().is_some_and(|line| line.starts_with("```")) {
            self.block_behind(&mut step);
        }
        self.keep(step);
    }

    /// The answer in the block of JSON that a single paragraph, or nothing, leads in.
    fn block_behind(&mut self, step: &mut Step) {
        let mut ahead = self.at + 1;
        while let Some(line) = self.lines.get(ahead) {
            if line.starts_with("```json") {
                self.at = ahead + 1;
                step.answer = self.json();
                return;
            }
            if let Some(said) = line.split("answers ").nth(1) {
                step.status = said.get(..3).and_then(|digits| digits.parse().ok());
            } else if !line.trim().is_empty() {
                return;
            }
            ahead += 1;
        }
    }
}

fn request(line: &str) -> Option<(&str, &str)> {
    let (method, path) = line.trim().split_once(' ')?;
    (METHODS.contains(&method) && path.starts_with('/') && !path.contains(' '))
        .then_some((method, path))
}

fn status(line: &str) -> Option<u16> {
    let (digits, name) = line.trim().split_once(' ')?;
    let capital = name.starts_with(|letter: char| letter.is_ascii_uppercase());
    (line.starts_with(' ') && digits.len() == 3 && capital)
        .then(|| digits.parse().ok())
        .flatten()
}

fn header(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim().split_once(": ")?;
    let named = name
        .chars()
        .all(|letter| letter.is_ascii_alphabetic() || letter == '-');
    named.then_some((name, value))
}
