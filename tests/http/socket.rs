//! What goes over the wire: an answer leaves in one segment, and a client that keeps its connection does not wait.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rapport_tests::Host;
use rapport_tests::host::KEY;
use serde_json::json;

/// One request on an open connection; what the first `read` returned after it.
fn first_read(stream: &mut TcpStream, request: &str) -> String {
    stream
        .write_all(request.as_bytes())
        .expect("the request is sent");
    let mut buffer = vec![0; 65_536];
    let read = stream.read(&mut buffer).expect("an answer comes");
    String::from_utf8_lossy(&buffer[..read]).into_owned()
}

/// Whether `text` is a whole answer: its head, and as much body as the head says.
fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok());
    length == Some(body.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_leave_in_one_segment() {
    let host = Host::start();
    let shop = host.shop();
    shop.with_program().await;
    shop.customer("c1").with_orders(2).create().await;
    shop.put(
        "/v1/segments/s1",
        json!({"name": "all", "rule": {"not": {"tag": "x"}}}),
    )
    .await
    .ok();
    let address = host.url().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).expect("the host accepts");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a time-out");
    let paths = [
        "/v1/customers/c1",
        "/v1/loyalty/accounts/c1/tier",
        "/v1/segments/memberships/c1",
        "/v1/feedback/metrics",
        "/v1/surveys",
        "/v1/customers/nobody",
    ];
    for _ in 0..20 {
        for path in paths {
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {KEY}\r\n\r\n"
            );
            let text = first_read(&mut stream, &request);
            assert!(is_whole(&text), "{path} came in parts, first:\n{text}");
        }
    }
}

/// What is answered to `parts` of a request, sent one after the other, each in a segment of its own. Where it is not `whole`, the
/// client says then that it has no more to send.
fn answer_to(address: &str, whole: bool, parts: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(address).expect("the host accepts");
    stream.set_nodelay(true).expect("no delay");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a time-out");
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
        stream.write_all(part).expect("a part is sent");
    }
    if !whole {
        stream.shutdown(Shutdown::Write).expect("no more is sent");
    }
    let mut text = Vec::new();
    stream.read_to_end(&mut text).expect("an answer comes");
    String::from_utf8_lossy(&text).into_owned()
}

/// The head of a `PUT` of a customer, with `framing` for its body.
fn put_customer(id: &str, framing: &str) -> String {
    format!(
        "PUT /v1/customers/{id} HTTP/1.1\r\nHost: rapport\r\nAuthorization: Bearer {KEY}\r\n\
         Content-Type: application/json\r\nConnection: close\r\n{framing}\r\n\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_read_whole_in_whatever_pieces_it_comes() {
    let host = Host::start();
    let address = host.url().trim_start_matches("http://").to_owned();
    // Several times what is asked for at once.
    let note = "汉".repeat(20_000);
    let body = json!({"traits": {"note": note}}).to_string().into_bytes();
    let (first, rest) = body.split_at(40_001);
    let (second, third) = rest.split_at(1);

    let declared = put_customer("declared", &format!("Content-Length: {}", body.len()));
    let whole = [declared.as_bytes(), &body].concat();
    let pieces = [declared.as_bytes(), first, second, third];
    let chunk = |bytes: &[u8]| {
        let size = format!("{:x}\r\n", bytes.len());
        [size.as_bytes(), bytes, b"\r\n"].concat()
    };
    let chunked = put_customer("chunked", "Transfer-Encoding: chunked");
    let chunks = [chunk(first), chunk(second), chunk(third)];
    let end = b"0\r\n\r\n";

    let answer = answer_to(&address, true, &[&whole]);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let answer = answer_to(&address, true, &pieces);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = answer_to(
        &address,
        true,
        &[chunked.as_bytes(), &chunks[0], &chunks[1], &chunks[2], end],
    );
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    for id in ["declared", "chunked"] {
        let kept = host.shop().get(&format!("/v1/customers/{id}")).await.ok();
        assert_eq!(kept["traits"]["note"], note, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_changes_nothing() {
    let host = Host::start();
    let address = host.url().trim_start_matches("http://").to_owned();
    let body = r#"{"traits": {"note": "short"}}"#;
    let half = &body[..body.len() - 1];
    // More is promised than comes: of the whole body, of a chunk of it, and of chunks. Some of what comes is JSON by itself.
    let declared = put_customer("short", &format!("Content-Length: {}", body.len() + 1));
    let chunked = put_customer("open", "Transfer-Encoding: chunked");
    let chunk = |promised: usize, sent: &str| format!("{promised:x}\r\n{sent}");
    for (head, sent) in [
        (&declared, half.to_owned()),
        (&declared, body.to_owned()),
        (&chunked, chunk(body.len(), half)),
        (&chunked, chunk(body.len() + 1, body)),
        (&chunked, chunk(body.len(), body) + "\r\n"),
    ] {
        let answer = answer_to(&address, false, &[head.as_bytes(), sent.as_bytes()]);
        assert!(answer.starts_with("HTTP/1.1 400"), "{sent}\n{answer}");
        assert!(answer.contains(r#""code":"incomplete_body""#), "{answer}");
    }
    for id in ["short", "open"] {
        let answer = host.shop().get(&format!("/v1/customers/{id}")).await;
        assert_eq!(answer.problem(), (404, "not_found"), "{id}");
    }
}
