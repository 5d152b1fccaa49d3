//! `json!`: trees written as JSON.

/// Makes a [`json::Value`](crate::json::Value) from JSON. A value may be any expression whose type
/// implements [`ToJson`](crate::json::ToJson); a name may be an expression in parentheses.
///
/// ```
/// use tiny_lambda::json;
///
/// let (name, key) = ("Ada", "lang");
/// let value = json!({
///     "name": name,
///     "born": 1800 + 15,
///     "tags": ["a", null, { "deep": [true, -1.5] }],
///     (key): Some("en"),
/// });
/// assert_eq!(
///     value.to_string(),
///     r#"{"name":"Ada","born":1815,"tags":["a",null,{"deep":[true,-1.5]}],"lang":"en"}"#
/// );
/// ```
#[macro_export]
macro_rules! json {
    (null) => { $crate::json::Value::Null };
    ([$($element:tt)*]) => { $crate::__json!(@array [] $($element)*) };
    ({$($member:tt)*}) => {{
        #[allow(unused_mut, reason = "an object without members")]
        let mut __object = $crate::json::Object::new();
        $crate::__json!(@object __object $($member)*);
        $crate::json::Value::Object(__object)
    }};
    () => { ::core::compile_error!("json! expects a value") };
    // An object is not an expression, and the compiler would try no other rule.
    ({$($member:tt)*}, $($rest:tt)*) => {
        ::core::compile_error!("json! expects one value, found `,` after it")
    };
    ($value:expr) => { $crate::json::ToJson::to_value(&$value) };
    ($value:expr, $($rest:tt)*) => {
        ::core::compile_error!("json! expects one value, found `,` after it")
    };
    ($value:tt $next:tt $($rest:tt)*) => {{
        $crate::__json!(@mistake [$value] $value JsonOneValue);
        $crate::json::Value::Null
    }};
}

/// The rules of `json!` for elements and members. They are in another macro, so that the documentation does not
/// list them.
#[doc(hidden)]
#[macro_export]
macro_rules! __json {
    // Elements: those that are expanded in brackets, then the others.
    (@array [$($done:expr,)*]) => { $crate::json::Value::Array($crate::json::private::vec![$($done),*]) };
    (@array [$($done:expr,)*] null $(, $($rest:tt)*)?) => {
        $crate::__json!(@array [$($done,)* $crate::json!(null),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $crate::__json!(@array [$($done,)* $crate::json!([$($inner)*]),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $crate::__json!(@array [$($done,)* $crate::json!({$($inner)*}),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] , $($rest:tt)*) => {
        ::core::compile_error!("json! expects an element, found `,`")
    };
    (@array [$($done:expr,)*] $next:expr $(, $($rest:tt)*)?) => {
        $crate::__json!(@array [$($done,)* $crate::json!($next),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] $next:tt $($rest:tt)*) => {{
        $crate::__json!(@mistake [$next] $next JsonElementComma);
        $crate::json::Value::Null
    }};

    // Members: one after the other.
    (@object $object:ident) => {};
    (@object $object:ident $name:tt : null $(, $($rest:tt)*)?) => {
        $crate::json::private::set(&mut $object, $name, $crate::json::Value::Null);
        $crate::__json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $name:tt : [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $crate::json::private::set(&mut $object, $name, $crate::json!([$($inner)*]));
        $crate::__json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $name:tt : {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $crate::json::private::set(&mut $object, $name, $crate::json!({$($inner)*}));
        $crate::__json!(@object $object $($($rest)*)?);
    };
    // A comma is not an expression, and the compiler would try no other rule.
    (@object $object:ident $name:tt : , $($rest:tt)*) => {
        $crate::__json!(@mistake [$name] $name JsonValue);
    };
    (@object $object:ident $name:tt :) => { $crate::__json!(@mistake [$name] $name JsonValue); };
    (@object $object:ident $name:tt : $value:expr $(, $($rest:tt)*)?) => {
        $crate::json::private::set(&mut $object, $name, $crate::json!($value));
        $crate::__json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $name:tt : $($rest:tt)*) => { $crate::__json!(@mistake [$name] $name JsonComma); };
    (@object $object:ident $name:tt $($rest:tt)*) => { $crate::__json!(@mistake [$name] $name JsonColon); };

    (@mistake $at:tt $name:literal $mistake:ident) => {
        $crate::__json_mistake!(@literal $name $mistake);
    };
    (@mistake [$at:tt] $name:ident $mistake:ident) => { $crate::__json_mistake!(@at $at $mistake); };
    (@mistake $at:tt $token:tt JsonOneValue) => {
        ::core::compile_error!(::core::concat!(
            "json! expects one value, found more after `", ::core::stringify!($token), "`"
        ));
    };
    (@mistake $at:tt $token:tt JsonElementComma) => {
        ::core::compile_error!(::core::concat!(
            "json! expects `,` after the element `", ::core::stringify!($token), "`"
        ));
    };
    (@mistake $at:tt $token:tt $mistake:ident) => {
        ::core::compile_error!(::core::concat!(
            "json! expects members `\"name\": value`, found `", ::core::stringify!($token), "`"
        ));
    };
}
