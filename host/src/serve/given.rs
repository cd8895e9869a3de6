//! What a component is given of a request, as Spin gives it: an absolute URI, and headers that tell the route.

use std::net::SocketAddr;

use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};

use crate::manifest::routes::Matched;

/// Makes the request's URI absolute, from its `Host` header or its own authority.
pub fn absolute<B>(request: &mut Request<B>) -> Result<(), &'static str> {
    let mut parts = request.uri().clone().into_parts();
    let host = match request.headers().get(HOST) {
        Some(host) => {
            let host = Authority::try_from(host.as_bytes())
                .map_err(|_| "The `Host` header is no authority.")?;
            Some(host)
        }
        None => None,
    };
    let authority = match (host, parts.authority.take()) {
        (Some(host), Some(own)) if host != own => {
            return Err("The `Host` header and the request line disagree.");
        }
        (Some(authority), _) | (None, Some(authority)) => authority,
        (None, None) => return Err("The request has no `Host` header."),
    };
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| "The request line is no URI.")?;
    Ok(())
}

/// Tells the route and the client in `spin-…` headers. Unlike in Spin, a client cannot slip in its own.
pub fn tell(headers: &mut HeaderMap, uri: &Uri, matched: &Matched<'_>, peer: SocketAddr) {
    let forged: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("spin-"))
        .cloned()
        .collect();
    for name in forged {
        headers.remove(name);
    }
    let route = matched.route;
    let raw_or_prefix = route.pattern.strip_suffix("/...").unwrap_or(&route.pattern);
    let mut tell = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    tell("spin-path-info", &matched.rest);
    tell("spin-full-url", &uri.to_string());
    tell("spin-matched-route", &route.based);
    tell("spin-base-path", "/");
    tell("spin-raw-component-route", &route.pattern);
    tell("spin-component-route", raw_or_prefix);
    tell("spin-client-addr", &peer.to_string());
    for (name, value) in &matched.named {
        let name = HeaderName::try_from(format!(
            "spin-path-match-{}",
            name.replace('_', "-").to_ascii_lowercase()
        ));
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::RawRoute;
    use crate::manifest::routes::Routes;

    fn request(uri: &str, host: Option<&str>) -> Request<()> {
        let mut request = Request::builder().uri(uri);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn the_uri_becomes_absolute() {
        let mut plain = request("/v1/track?a=b", Some("shop.example:3000"));
        absolute(&mut plain).unwrap();
        assert_eq!(plain.uri(), "http://shop.example:3000/v1/track?a=b");
        let mut own = request("http://shop.example/x", None);
        absolute(&mut own).unwrap();
        assert_eq!(own.uri(), "http://shop.example/x");
    }

    #[test]
    fn a_request_without_a_clear_host_is_refused() {
        assert!(absolute(&mut request("/x", None)).is_err());
        assert!(absolute(&mut request("/x", Some("a b"))).is_err());
        assert!(absolute(&mut request("http://one.example/x", Some("two.example"))).is_err());
    }

    #[test]
    fn the_route_is_told_and_forgeries_are_dropped() {
        let pattern = RawRoute::Pattern("/v1/tags/...".into());
        let routes = Routes::new([(&pattern, "segments")]).unwrap();
        let matched = routes.find("/v1/tags/vip").unwrap();
        let mut headers = HeaderMap::new();
        headers.append("spin-client-addr", HeaderValue::from_static("1.2.3.4:5"));
        headers.append("spin-anything", HeaderValue::from_static("x"));
        headers.append("accept", HeaderValue::from_static("*/*"));
        let uri = Uri::from_static("http://h/v1/tags/vip?x=1");
        tell(&mut headers, &uri, &matched, "127.0.0.1:9".parse().unwrap());
        assert_eq!(headers["spin-path-info"], "/vip");
        assert_eq!(headers["spin-full-url"], "http://h/v1/tags/vip?x=1");
        assert_eq!(headers["spin-matched-route"], "/v1/tags/...");
        assert_eq!(headers["spin-raw-component-route"], "/v1/tags/...");
        assert_eq!(headers["spin-component-route"], "/v1/tags");
        assert_eq!(headers["spin-base-path"], "/");
        assert_eq!(headers["spin-client-addr"], "127.0.0.1:9");
        assert_eq!(headers.get_all("spin-client-addr").iter().count(), 1);
        assert!(headers.get("spin-anything").is_none());
        assert_eq!(headers["accept"], "*/*");
    }
}
