//! What `docs/api/` shows is what the service answers: every request on these pages is made, in order, on a new host, and its answer
//! compared with the one that stands below it.
//!
//! How a page is written:
//! - A request is a line `METHOD /path`, with its body in the lines below it, or a `$ curl` command. Its answer follows: a status
//!   line (any success, if there is none), headers that matter, and JSON.
//! - `…` stands for what is left out: the rest of an object or list, any value, the rest of a text.
//! - What is random (request ids, codes, transactions without a key) is written as it once was; where it comes again, in later
//!   requests and answers, it is taken for the same.
//! - What readers need not see stands in a comment that begins with `<!-- run`: requests in the same form, and the lines `at MOMENT`
//!   (the clock from here on), `fresh` (a new, empty host), `shown below` (the next JSON on the page answers the request before),
//!   and `leave WHY` (the next request is not made).
//!
//! `RAPPORT_PAGES=write` puts the real answers in place of those that differ.

mod curl;
mod expected;
mod page;
mod rewrite;
mod run;

use std::path::PathBuf;

use rapport_tests::root;

use self::run::Runner;

async fn holds(name: &str) {
    let path: PathBuf = root().join("docs/api").join(name);
    let text = std::fs::read_to_string(&path).expect("the page is there");
    let steps = page::steps(&text).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    let mut runner = Runner::start();
    let mut wrong = Vec::new();
    for step in steps {
        if let Err(found) = runner.take(&step).await {
            wrong.push((step, found));
        }
    }
    if wrong.is_empty() {
        return;
    }
    if std::env::var_os("RAPPORT_PAGES").is_some_and(|value| value == "write") {
        std::fs::write(&path, rewrite::answers(&text, &wrong)).expect("the page can be written");
    }
    let all: String = wrong
        .iter()
        .map(|(step, found)| {
            format!(
                "\n{name}:{}: {} {}\n{found}\n",
                step.line, step.method, step.path
            )
        })
        .collect();
    panic!("{} answers are not what the page says:\n{all}", wrong.len());
}

macro_rules! pages {
    ($($test:ident: $page:literal,)*) => {
        $(#[tokio::test]
        async fn $test() {
            holds($page).await;
        })*

        #[test]
        fn every_page_is_run() {
            let mut there: Vec<String> = std::fs::read_dir(root().join("docs/api"))
                .expect("there are pages")
                .map(|entry| entry.expect("a page").file_name().to_string_lossy().into_owned())
                .collect();
            there.sort();
            assert_eq!(there, [$($page),*]);
        }
    };
}

pages! {
    earning: "earning.md",
    entitlement: "entitlement.md",
    feedback: "feedback.md",
    kinds: "kinds.md",
    liability: "liability.md",
    loyalty: "loyalty.md",
    missions: "missions.md",
    profiles: "profiles.md",
    referral: "referral.md",
    reviews: "reviews.md",
    rewards: "rewards.md",
    segments: "segments.md",
    surveys: "surveys.md",
    tags: "tags.md",
    tick: "tick.md",
}
