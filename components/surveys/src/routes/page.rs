//! The published survey as a page, open to all: what it asks, readable without a script, and its definition for a renderer.
//!
//! Nothing in the page runs: a shop's own page takes the definition out of `<script id="survey">`, or hands it to a SurveyJS
//! renderer, and sends the answers through its server, which has a key.

use std::fmt::Write;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::routing::get;
use rapport_types::Slug;
use rapport_web::{Answer, App, Ask, Code, Path, Problem, Router};
use serde_json::Value as Json;

use crate::documents::{definition_key, published};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/s/{id}", get(page))
}

async fn page(State(app): State<App>, Path(id): Path<Slug>, ask: Ask) -> Result<Answer, Problem> {
    // Whoever has no key does not learn that there is a draft.
    let (published, survey) =
        published(&app, &id)
            .await
            .map_err(|problem| match problem.code() {
                Code::NotPublished => Problem::not_found("survey", id.as_str()),
                _ => problem,
            })?;
    let key = definition_key(&id, &published.definition);
    let Some(definition) = app.store.read(&key).await? else {
        return Err(Problem::internal(format!("{key:?} is gone")));
    };
    let questions: Vec<&str> = survey
        .questions()
        .iter()
        .map(|question| question.title().unwrap_or_else(|| question.name()))
        .collect();
    let title = survey.title().unwrap_or_else(|| id.as_str());
    let html = html(title, &questions, &definition.value);
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    Ok(
        Answer::raw(StatusCode::OK, "text/html; charset=utf-8", html.into())
            .header(header::CONTENT_SECURITY_POLICY, policy)
            .header(
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            )
            .rev(u64::from(published.version))
            .unless(&ask.condition),
    )
}

fn html(title: &str, questions: &[&str], definition: &Json) -> String {
    let title = escaped(title);
    let mut items = String::new();
    for question in questions {
        // Writing to a text cannot fail.
        let _ = writeln!(items, "<li>{}</li>", escaped(question));
    }
    // In a script element only `<` could end it.
    let definition = definition.to_string().replace('<', "\\u003c");
    format!(
        "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n</head>\n<body>\n\
         <h1>{title}</h1>\n<ol>\n{items}</ol>\n\
         <script type=\"application/json\" id=\"survey\">{definition}</script>\n</body>\n</html>\n"
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_of_a_survey_becomes_markup() {
        let page = html(
            "<b>&",
            &["</li><script>"],
            &json!({"title": "</script><script>alert(1)"}),
        );
        assert!(page.contains("<h1>&lt;b&gt;&amp;</h1>"), "{page}");
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert_eq!(page.matches("</script>").count(), 1, "{page}");
    }
}
