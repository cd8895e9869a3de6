//! Real answers in place of those that a page shows.

use super::expected;
use super::page::{Header, Step};
use super::run::Found;

/// Where lines of an answer end.
const WIDTH: usize = 140;

/// The page with the answers of `wrong`: bodies that differ, whole, and headers. Statuses are left to people, and so is what a page
/// leaves out of an answer.
pub fn answers(text: &str, wrong: &[(Step, Box<Found>)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (step, found) in wrong.iter().rev() {
        for Header { name, value, line } in &step.answer_headers {
            if let Some(real) = found.answered.header(name)
                && !expected::fits(value, real)
            {
                lines[*line] = lines[*line].replace(value, real);
            }
        }
        let (Some(shown), true) = (&step.answer, found.body) else {
            continue;
        };
        let known = found.known.iter();
        let body = found.answered.text.trim_end().to_owned();
        let body = known.fold(body, |body, (shown, real)| body.replace(real, shown));
        let first = &lines[shown.lines.start];
        let indent = first.len() - first.trim_start().len();
        // A block between fences scrolls, an indented one is read as it stands.
        let new = if indent == 0 {
            vec![body]
        } else {
            wrapped(&body, indent)
        };
        lines.splice(shown.lines.clone(), new);
    }
    lines.join("\n") + "\n"
}

/// The text in lines, broken behind commas that stand in no quotes.
fn wrapped(body: &str, indent: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in body.chars() {
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
        if letter == ',' && !quoted {
            pieces.push(String::new());
        }
        quoted ^= letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
    }
    let mut lines = vec![" ".repeat(indent)];
    for piece in pieces {
        if let Some(line) = lines.last_mut()
            && (line.trim().is_empty() || line.chars().count() + piece.chars().count() <= WIDTH)
        {
            line.push_str(&piece);
        } else {
            lines.push(" ".repeat(indent + 1) + &piece);
        }
    }
    lines
}
