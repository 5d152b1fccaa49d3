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
    ([$($element:tt)*]) => { $crate::json!(@array [] $($element)*) };
    ({$($member:tt)*}) => {{
        #[allow(unused_mut, reason = "an object without members")]
        let mut object = $crate::json::Object::new();
        $crate::json!(@object object $($member)*);
        $crate::json::Value::Object(object)
    }};

    // Elements: those that are expanded in brackets, then the others.
    (@array [$($done:expr,)*]) => { $crate::json::Value::Array($crate::json::private::vec![$($done),*]) };
    (@array [$($done:expr,)*] null $(, $($rest:tt)*)?) => {
        $crate::json!(@array [$($done,)* $crate::json!(null),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $crate::json!(@array [$($done,)* $crate::json!([$($inner)*]),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $crate::json!(@array [$($done,)* $crate::json!({$($inner)*}),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] $next:expr $(, $($rest:tt)*)?) => {
        $crate::json!(@array [$($done,)* $crate::json!($next),] $($($rest)*)?)
    };

    // Members: one after the other.
    (@object $object:ident) => {};
    (@object $object:ident $name:tt : null $(, $($rest:tt)*)?) => {
        $crate::json::private::set(&mut $object, $name, $crate::json::Value::Null);
        $crate::json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $name:tt : [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $crate::json::private::set(&mut $object, $name, $crate::json!([$($inner)*]));
        $crate::json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $name:tt : {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $crate::json::private::set(&mut $object, $name, $crate::json!({$($inner)*}));
        $crate::json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $name:tt : $value:expr $(, $($rest:tt)*)?) => {
        $crate::json::private::set(&mut $object, $name, $crate::json!($value));
        $crate::json!(@object $object $($($rest)*)?);
    };

    ($value:expr) => { $crate::json::ToJson::to_value(&$value) };
}
