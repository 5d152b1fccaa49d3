//! Sample events, written from the shapes that AWS documents, for tests and local calls.
//!
//! A function links only those that it names.
//!
//! ```
//! use tiny_lambda::events::samples;
//! use tiny_lambda::http::Request;
//!
//! let request = Request::from_event(samples::HTTP_API.as_bytes())?;
//! assert_eq!(request.path(), "/orders/42");
//! # Ok::<(), tiny_lambda::Error>(())
//! ```

macro_rules! samples {
    ($($(#[$attribute:meta])* $name:ident $file:literal),* $(,)?) => {
        $(
            $(#[$attribute])*
            pub const $name: &str = include_str!(concat!("samples/", $file, ".json"));
        )*

        /// All of them, with their names.
        pub const ALL: &[(&str, &str)] = &[$(($file, $name)),*];
    };
}

samples! {
    /// A request to an Application Load Balancer.
    ALB "alb",
    /// A request to an Application Load Balancer whose target group has multi-value headers.
    ALB_MULTI_VALUE "alb_multi_value",
    /// A request to a function URL, with bytes.
    FUNCTION_URL "function_url",
    /// A request to an Amazon API Gateway HTTP API.
    HTTP_API "http_api",
    /// A request to Amazon VPC Lattice, event version 1.0.
    LATTICE_V1 "lattice_v1",
    /// A request to Amazon VPC Lattice, event version 2.0.
    LATTICE_V2 "lattice_v2",
    /// A request to an Amazon API Gateway REST API.
    REST_API "rest_api",
    /// The beginning of a WebSocket connection to Amazon API Gateway.
    WEBSOCKET_CONNECT "websocket_connect",
    /// A message on a WebSocket connection to Amazon API Gateway.
    WEBSOCKET_MESSAGE "websocket_message",
}
