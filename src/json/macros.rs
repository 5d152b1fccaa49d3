//! `json!`: values in JSON's own words.

/// A [`json::Value`](crate::json::Value) written as JSON. Any expression whose type is
/// [`ToJson`](crate::json::ToJson) may stand where a value does, and in parentheses where a name does.
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

    // Elements: what is done already in brackets, then what is left.
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
        $object.insert($name, $crate::json::Value::Null);
        $crate::json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $name:tt : [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $object.insert($name, $crate::json!([$($inner)*]));
        $crate::json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $name:tt : {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $object.insert($name, $crate::json!({$($inner)*}));
        $crate::json!(@object $object $($($rest)*)?);
    };
    (@object $object:ident $name:tt : $value:expr $(, $($rest:tt)*)?) => {
        $object.insert($name, $crate::json!($value));
        $crate::json!(@object $object $($($rest)*)?);
    };

    ($value:expr) => { $crate::json::ToJson::to_value(&$value) };
}
