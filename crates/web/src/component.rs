//! What makes a component of routes.

/// Makes a component of the function that builds its routes: `rapport_web::component!(crate::routes);`.
///
/// Natively it makes nothing: there the routes are called in process.
#[macro_export]
macro_rules! component {
    ($routes:path) => {
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, missing_docs, clippy::all, clippy::restriction)]
        mod guest {
            use ::spin_sdk::wasip3::http::types;

            static INSTANCE: ::std::sync::OnceLock<$crate::guest::Instance> =
                ::std::sync::OnceLock::new();

            struct Component;

            ::spin_sdk::wasip3::http::service::export!(Component);

            impl ::spin_sdk::wasip3::exports::http::handler::Guest for Component {
                async fn handle(
                    request: types::Request,
                ) -> Result<types::Response, types::ErrorCode> {
                    $crate::guest::handle(&INSTANCE, $routes, request).await
                }
            }
        }
    };
}
