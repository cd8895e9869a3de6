//! Which component answers a path: exact routes first, then the wildcard with the longest prefix, as in Spin, whose
//! router this is.

use anyhow::{Result, anyhow, ensure};

use super::RawRoute;

/// The routes of an application.
#[derive(Debug)]
pub struct Routes {
    router: routefinder::Router<Route>,
}

/// A route, as the manifest has it.
#[derive(Debug)]
pub struct Route {
    /// The id of the component that answers.
    pub component: String,
    /// The pattern as written, such as `/v1/tags/...`.
    pub pattern: String,
    /// The pattern without a trailing slash, as Spin tells it to components.
    pub based: String,
}

/// What a path was matched to.
pub struct Matched<'a> {
    /// The route.
    pub route: &'a Route,
    /// The part of the path that the wildcard stands for, with its leading slash.
    pub rest: String,
    /// Named parts of the path, `:name` in the pattern.
    pub named: Vec<(String, String)>,
}

impl Routes {
    /// Builds the router from patterns and component ids. Of two equal patterns the later one counts.
    pub(crate) fn new<'a>(
        routes: impl IntoIterator<Item = (&'a RawRoute, &'a str)>,
    ) -> Result<Self> {
        let mut kept: Vec<Route> = Vec::new();
        for (route, component) in routes {
            let pattern = match route {
                RawRoute::Pattern(pattern) => pattern,
                RawRoute::Private { private } => {
                    ensure!(
                        *private,
                        "component `{component}` has route {{ private = false }}, which means nothing"
                    );
                    continue;
                }
            };
            let slash = if pattern.starts_with('/') { "" } else { "/" };
            let absolute = format!("{slash}{pattern}");
            let based = absolute.strip_suffix('/').unwrap_or(&absolute).to_owned();
            if let Some(at) = kept.iter().position(|other| other.pattern == *pattern) {
                let replaced = kept.remove(at);
                tracing::warn!(
                    "route `{pattern}` leads to `{component}` and to `{}`, which it will never reach",
                    replaced.component
                );
            }
            kept.push(Route {
                component: component.to_owned(),
                pattern: pattern.clone(),
                based,
            });
        }
        let mut router = routefinder::Router::new();
        for route in kept {
            let spec = match route.based.strip_suffix("/...") {
                Some(prefix) => format!("{prefix}/*"),
                None => route.based.clone(),
            };
            let pattern = route.pattern.clone();
            router
                .add(spec, route)
                .map_err(|error| anyhow!("route `{pattern}`: {error}"))?;
        }
        Ok(Self { router })
    }

    /// The route that answers `path`, if any does.
    pub fn find(&self, path: &str) -> Option<Matched<'_>> {
        let best = self.router.best_match(path)?;
        let captures = best.captures();
        let rest = captures
            .wildcard()
            .map(|rest| match (rest.is_empty(), path.ends_with('/')) {
                (true, false) => String::new(),
                (true, true) => "/".to_owned(),
                (false, false) => format!("/{rest}"),
                (false, true) => format!("/{rest}/"),
            });
        let named = captures
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Some(Matched {
            route: best.handler(),
            rest: rest.unwrap_or_default(),
            named,
        })
    }

    /// All routes, most particular first.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.router.iter().map(|(_, route)| route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(patterns: &[(&str, &str)]) -> Routes {
        let raw: Vec<_> = patterns
            .iter()
            .map(|(p, c)| (RawRoute::Pattern((*p).to_owned()), *c))
            .collect();
        Routes::new(raw.iter().map(|(route, component)| (route, *component))).unwrap()
    }

    fn component(routes: &Routes, path: &str) -> Option<String> {
        routes.find(path).map(|found| found.route.component.clone())
    }

    #[test]
    fn an_exact_route_beats_a_wildcard() {
        let routes = routes(&[("/...", "all"), ("/v1/track", "track")]);
        assert_eq!(component(&routes, "/v1/track").as_deref(), Some("track"));
        assert_eq!(component(&routes, "/v1/tracks").as_deref(), Some("all"));
    }

    #[test]
    fn the_longest_prefix_wins_whatever_the_order() {
        for turn in 0..3 {
            let mut patterns = [("/...", "all"), ("/v1/...", "v1"), ("/v1/tags/...", "tags")];
            patterns.rotate_left(turn);
            let routes = routes(&patterns);
            assert_eq!(component(&routes, "/v1/tags/vip").as_deref(), Some("tags"));
            assert_eq!(component(&routes, "/v1/tag").as_deref(), Some("v1"));
            assert_eq!(component(&routes, "/").as_deref(), Some("all"));
        }
    }

    #[test]
    fn a_wildcard_matches_its_own_prefix_and_tells_the_rest() {
        let routes = routes(&[("/v1/tags/...", "tags")]);
        let rest = |path: &str| routes.find(path).map(|found| found.rest);
        assert_eq!(rest("/v1/tags").as_deref(), Some(""));
        assert_eq!(rest("/v1/tags/").as_deref(), Some("/"));
        assert_eq!(rest("/v1/tags/a/b").as_deref(), Some("/a/b"));
        assert_eq!(rest("/v1/tags/a/").as_deref(), Some("/a/"));
        assert_eq!(rest("/v1/tagsa"), None);
    }

    #[test]
    fn named_parts_are_captured() {
        let routes = routes(&[("/s/:survey/...", "surveys")]);
        let found = routes.find("/s/welcome/page").unwrap();
        assert_eq!(found.named, [("survey".to_owned(), "welcome".to_owned())]);
    }

    #[test]
    fn a_private_component_has_no_route() {
        let private = RawRoute::Private { private: true };
        let routes = Routes::new([(&private, "hidden")]).unwrap();
        assert_eq!(component(&routes, "/"), None);
    }

    #[test]
    fn of_two_equal_routes_the_later_counts() {
        let routes = routes(&[("/a", "one"), ("/a", "two")]);
        assert_eq!(component(&routes, "/a").as_deref(), Some("two"));
        assert_eq!(routes.iter().count(), 1);
    }
}
