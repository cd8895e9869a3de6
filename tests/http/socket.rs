//! What goes over the wire: an answer leaves in one segment, and a client that keeps its connection does not wait.

use std::io::{Read, Write};
use std::net::TcpStream;
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
