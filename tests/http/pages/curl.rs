//! Commands of `curl`, as far as pages use them.

use super::page::Step;

/// The request that a command makes; `None`: it is not about the service.
pub fn read(command: &str) -> Option<Step> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for letter in command.chars() {
        match quote {
            Some(open) if letter == open => quote = None,
            None if letter == '\'' || letter == '"' => quote = Some(letter),
            None if letter.is_whitespace() => {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)))
            }
            _ => word.push(letter),
        }
    }
    let mut step = Step {
        method: "GET".to_owned(),
        ..Step::default()
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-X" => step.method = words.next()?,
            "-d" => step.body = words.next()?,
            "-H" => {
                let named = words.next()?;
                let (name, value) = named.split_once(": ")?;
                if !["Authorization", "Content-Type"].contains(&name) {
                    step.headers.push((name.to_owned(), value.to_owned()));
                }
            }
            other => {
                if let Some(path) = other.strip_prefix("$URL") {
                    step.path = path.to_owned();
                }
            }
        }
    }
    step.path.starts_with('/').then_some(step)
}
