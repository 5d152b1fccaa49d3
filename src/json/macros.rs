//! `json!` and `json_struct!`: JSON in Rust's own words.

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
    (@array [$($done:expr,)*]) => { $crate::json::Value::Array($crate::json::support::vec![$($done),*]) };
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

/// A struct, and how it is read and written.
///
/// Attributes, doc comments and visibility are the struct's own. Behind a type may stand
/// `as "name"`, its name in JSON where that differs, and `= value`, what a missing member stands
/// for. An `Option` may be missing or `null`; unknown members are ignored.
///
/// ```
/// use tiny_lambda::json;
///
/// tiny_lambda::json_struct! {
///     /// An order, as the shop posts it.
///     #[derive(Debug, Clone, PartialEq)]
///     pub struct Order {
///         pub id: String,                       // must be there
///         pub unit_cents: u64 as "unitCents",   // another name in JSON
///         pub quantity: u32 = 1,                // a default
///         pub note: Option<String>,             // may be absent or null
///     }
/// }
///
/// let order: Order = json::parse(br#"{"unitCents": 250, "id": "a1", "paid": true}"#)?;
/// assert_eq!(order, Order { id: "a1".into(), unit_cents: 250, quantity: 1, note: None });
/// assert_eq!(json::to_vec(&order), br#"{"id":"a1","unitCents":250,"quantity":1,"note":null}"#);
/// assert_eq!(
///     json::parse::<Order>(br#"{"id": "a1"}"#).unwrap_err().to_string(),
///     "missing member `unitCents` at $ (offset 11, line 1, column 12)"
/// );
/// # Ok::<(), json::Error>(())
/// ```
#[macro_export]
macro_rules! json_struct {
    (
        $(#[$struct_attribute:meta])*
        $struct_vis:vis struct $name:ident {$(
            $(#[$attribute:meta])*
            $vis:vis $field:ident : $type:ty $(as $json_name:literal)? $(= $default:expr)?
        ),* $(,)?}
    ) => {
        $(#[$struct_attribute])*
        $struct_vis struct $name {$(
            $(#[$attribute])*
            $vis $field: $type,
        )*}

        const _: () = {
            #[allow(non_camel_case_types, reason = "one variant per field, named like it")]
            enum Field { $($field,)* end }
            const NAMES: &[$crate::json::support::Name] = &[$({
                const NAME: &str = $crate::json_struct!(@name $field $($json_name)?);
                const TEXT: [u8; $crate::json::support::Name::text_len(NAME)] =
                    $crate::json::support::Name::text(NAME, Field::$field as usize == 0);
                $crate::json::support::Name::new(&TEXT)
            }),*];

            impl $crate::json::FromJson for $name {
                fn from_json(
                    r: &mut $crate::json::Reader<'_>,
                ) -> ::core::result::Result<Self, $crate::json::Error> {
                    $(let mut $field: ::core::option::Option<$type> = ::core::option::Option::None;)*
                    let mut next = 0;
                    r.begin_object()?;
                    loop {
                        let index = r.next_field(NAMES, next)?;
                        next = index.wrapping_add(1);
                        $(if index == Field::$field as usize {
                            $crate::json::support::read_field(r, &mut $field)?;
                            continue;
                        })*
                        break;
                    }
                    $($crate::json_struct!(
                        @missing r, $field, NAMES[Field::$field as usize], $($default)?
                    );)*
                    $(let ::core::option::Option::Some($field) = $field else {
                        return ::core::result::Result::Err(
                            r.error_missing(&NAMES[Field::$field as usize])
                        );
                    };)*
                    ::core::result::Result::Ok($name { $($field),* })
                }
            }

            impl $crate::json::ToJson for $name {
                fn to_json(&self, w: &mut $crate::json::Writer) {
                    if Field::end as usize == 0 {
                        w.begin_object();
                    }
                    $(
                        w.field(&NAMES[Field::$field as usize]);
                        $crate::json::ToJson::to_json(&self.$field, w);
                    )*
                    w.end_object();
                }
            }
        };
    };

    (@name $field:ident) => { $crate::json::support::name(::core::stringify!($field)) };
    (@name $field:ident $json_name:literal) => { $json_name };

    (@missing $r:ident, $field:ident, $name:expr, ) => {
        if !$crate::json::support::has_field(&mut $field) {
            return ::core::result::Result::Err($r.error_missing(&$name));
        }
    };
    (@missing $r:ident, $field:ident, $name:expr, $default:expr) => {
        $field = ::core::option::Option::Some($field.unwrap_or_else(|| $default));
    };
}

/// What the macros need of this crate and of `alloc`; nobody else.
#[doc(hidden)]
pub mod support {
    use crate::json::{Error, FromJson, Reader};

    pub use crate::json::scan::Name;
    pub use alloc::vec;

    /// Reads a member's value into its place; one function for all fields of a type.
    pub fn read_field<T: FromJson>(r: &mut Reader<'_>, field: &mut Option<T>) -> Result<(), Error> {
        *field = Some(T::from_json(r)?);
        Ok(())
    }

    /// Whether there was a member, or something that stands for a missing one.
    pub fn has_field<T: FromJson>(field: &mut Option<T>) -> bool {
        if field.is_none() {
            *field = T::absent();
        }
        field.is_some()
    }

    /// A field's name without the `r#` of a raw identifier.
    pub const fn name(field: &'static str) -> &'static str {
        if let [b'r', b'#', name @ ..] = field.as_bytes() {
            if let Ok(name) = core::str::from_utf8(name) {
                return name;
            }
        }
        field
    }
}
