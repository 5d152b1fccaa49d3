//! `json_enum!`: defines an enum and its impls, without a proc macro.

/// Defines an enum that can be read from and written as JSON.
///
/// Attributes, also `cfg`, doc comments and visibility are kept.
///
/// | written | meaning | with serde |
/// | --- | --- | --- |
/// | `Open as "OPEN"` | the variant's name in JSON | `rename` |
/// | `Other(String) as ..` | the variant for all other strings or, with a tag, objects | `other` |
/// | `enum Name as "type"` | the tag: the member that names the variant | `tag` |
/// | `enum Name as camelCase` | the case of all names that are not set by `as "name"`: `orderPaid` | `rename_all` |
/// | `as PascalCase` | `OrderPaid`, the variants' own names | `rename_all` |
/// | `as snake_case` | `order_paid` | `rename_all` |
/// | `as SCREAMING_SNAKE_CASE` | `ORDER_PAID` | `rename_all` |
/// | `as kebab-case` | `order-paid` | `rename_all` |
/// | `as SCREAMING-KEBAB-CASE` | `ORDER-PAID` | `rename_all` |
/// | `as lowercase`, `as UPPERCASE` | `orderpaid`, `ORDERPAID` | `rename_all` |
/// | `enum Name as "type", camelCase` | both, in this order | |
///
/// Names are converted by serde's rules, for ASCII letters. Generics, variants with named fields or several
/// values, and discriminants are compile errors: give a variant a struct or a tuple, or implement
/// [`FromJson`](crate::json::FromJson) and [`ToJson`](crate::json::ToJson) by hand, as their documentation shows.
///
/// A variant without a value is a string. A variant that holds a `String` and is marked `as ..` holds all other
/// strings:
/// ```
/// use tiny_lambda::json;
///
/// tiny_lambda::json_enum! {
///     /// How an order stands.
///     #[derive(Debug, PartialEq)]
///     pub enum Status as UPPERCASE {
///         Open,
///         Paid as "PAID_IN_FULL",
///         Other(String) as ..,
///     }
/// }
/// assert_eq!(json::parse::<Status>(br#""PAID_IN_FULL""#)?, Status::Paid);
/// assert_eq!(json::parse::<Status>(br#""LOST""#)?, Status::Other("LOST".into()));
/// assert_eq!(json::to_vec(&Status::Open), br#""OPEN""#);
/// # Ok::<(), json::Error>(())
/// ```
///
/// A variant with a value is an object with one member, whose name is that of the variant:
/// ```
/// use tiny_lambda::json;
///
/// tiny_lambda::json_enum! {
///     #[derive(Debug, PartialEq)]
///     enum Shape { Circle(f64) as "circle", Square(u32) as "square", Point }
/// }
/// assert_eq!(json::parse::<Shape>(br#"{"square": 2}"#)?, Shape::Square(2));
/// assert_eq!(json::to_vec(&[Shape::Square(3), Shape::Point]), br#"[{"square":3},"Point"]"#);
/// # Ok::<(), json::Error>(())
/// ```
///
/// With a tag, the member with this name, next to those of the value, which must be an object, is the name of the
/// variant. A variant `as ..` holds the whole object if
/// the tag is missing or has another value:
/// ```
/// use tiny_lambda::json::{self, Value};
///
/// tiny_lambda::json_struct! { #[derive(Debug, PartialEq)] struct Created { id: u32 } }
/// tiny_lambda::json_enum! {
///     #[derive(Debug, PartialEq)]
///     enum Change as "type" { Created(Created) as "created", Deleted, Other(Value) as .. }
/// }
/// let text = br#"[{"id":7,"type":"created"},{"type":"Deleted"},{"type":"x","y":1}]"#;
/// let changes: Vec<Change> = json::parse(text)?;
/// assert_eq!(changes[0], Change::Created(Created { id: 7 }));
/// assert_eq!(
///     json::to_vec(&changes),
///     br#"[{"type":"created","id":7},{"type":"Deleted"},{"type":"x","y":1}]"#
/// );
/// # Ok::<(), json::Error>(())
/// ```
#[macro_export]
macro_rules! json_enum {
    ($($definition:tt)*) => { $crate::__json_enum!(@parse $($definition)*); };
}

/// The rules of `json_enum!`. They are in another macro, so that the documentation does not list them.
#[doc(hidden)]
#[macro_export]
macro_rules! __json_enum {
    (
        @parse
        $(#[$($enum_attribute:tt)*])*
        $vis:vis enum $name:ident
        $(as $($($word:tt)-+),+)? {$(
            $(#[$($attribute:tt)*])*
            $variant:ident $(($type:ty) $(as .. $($never:lifetime)?)?)? $(as $json_name:literal)?
        ),+ $(,)?}
    ) => {
        $crate::__json_struct!(
            @cfg {
                $(#[$($enum_attribute)*])*
                $vis enum $name {$(
                    $(#[$($attribute)*])*
                    $variant $(($type))?,
                )+}

                $crate::__json_mistake!(
                    @attributes json_enum [$(#[$($enum_attribute)*])*] $($(#[$($attribute)*])*)+
                );
                $crate::__json_struct!(@distinct [$] [$($variant)+] [$name $(, $variant)+] const _: () = {
                    $crate::__json_enum!(
                        @words [$($([$($word)-+])+)?] $name
                        $($variant ($($type)?) [$($json_name)? $($(.. $($never)?)?)?])+
                    );
                };);
            }
            json_enum [] [$(#[$($enum_attribute)*])*]
            [$vis enum $name $(as $($($word)-+),+)?]
            $([$(#[$($attribute)*])*] [
                $variant $(($type) $(as .. $($never)?)?)? $(as $json_name)?
            ])+
        );
    };
    (@parse $($definition:tt)*) => { $crate::__json_mistake!(@enum $($definition)*); };

    // The first word may be the tag.
    (@words [[$tag:literal] $($word:tt)*] $name:ident $($variants:tt)*) => {
        const __JSON_CASE: $crate::json::private::Case =
            $crate::__json_case!(json_enum $($word)*);
        $crate::__json_enum!(@impls $name [$tag] $($variants)*);
    };
    (@words [$($word:tt)*] $name:ident $($variants:tt)*) => {
        const __JSON_CASE: $crate::json::private::Case =
            $crate::__json_case!(json_enum $($word)*);
        $crate::__json_enum!(@impls $name [] $($variants)*);
    };

    (@impls $name:ident $tag:tt $($variant:ident $type:tt $json_name:tt)+) => {
        /// The names of the variants in JSON.
        struct __JsonNames;
        #[allow(non_upper_case_globals, reason = "one constant per variant, named like it")]
        impl __JsonNames {
            $(const $variant: &str = $crate::__json_enum!(@name $variant $json_name);)+
        }
        const __JSON_EXPECTED: &str = {
            const NAMES: &[&str] = &[$(__JsonNames::$variant),+];
            const TEXT: [u8; $crate::json::private::one_of_len(NAMES)] =
                $crate::json::private::one_of(NAMES);
            $crate::json::private::text(&TEXT)
        };
        const _: () = $crate::json::private::check_variants(
            &[$($crate::__json_enum!(@checked $variant $type $json_name)),+],
            $crate::__json_enum!(@has $tag),
        );

        impl $crate::json::FromJson for $name {
            fn from_json(
                __r: &mut $crate::json::Reader<'_>,
            ) -> ::core::result::Result<Self, $crate::json::Error> {
                __r.attempt(|__r| {
                    let __variant = $crate::__json_enum!(@begin __r $tag);
                    $($crate::__json_enum!(
                        @read __r __variant $variant $type $json_name $tag
                    );)*
                    $($crate::__json_enum!(
                        @read_other __r __variant $variant $type $json_name $tag
                    );)*
                    #[allow(unreachable_code, reason = "a variant may hold all others")]
                    ::core::result::Result::Err(__variant.error(__r, __JSON_EXPECTED))
                })
            }

            #[inline(always)]
            fn placeholder() -> ::core::option::Option<Self> {
                $(if let __placeholder @ ::core::option::Option::Some(_) =
                    $crate::__json_enum!(@placeholder $variant $type)
                {
                    return __placeholder;
                })*
                ::core::option::Option::None
            }
        }

        impl $crate::json::ToJson for $name {
            fn to_json(&self, __w: &mut $crate::json::Writer) {
                match self {
                    $($crate::__json_enum!(@pattern $variant $type __value) =>
                        $crate::__json_enum!(
                            @write __w __value $variant $type $json_name $tag
                        ),)*
                }
            }
        }
    };

    (@name $variant:ident [$name:literal ..]) => {{
        $crate::__json_mistake!(@literal $name TwoNames);
        $name
    }};
    (@name $variant:ident [..]) => { "another" };
    (@name $variant:ident [$name:literal]) => { $name };
    (@name $variant:ident []) => {{
        const NAME: &str = $crate::json::private::name(::core::stringify!($variant));
        const TEXT: [u8; $crate::json::private::variant_len(NAME, __JSON_CASE)] =
            $crate::json::private::variant_text(NAME, __JSON_CASE);
        $crate::json::private::text(&TEXT)
    }};

    (@checked $variant:ident $type:tt [..]) => { ::core::option::Option::None };
    (@checked $variant:ident $type:tt $json_name:tt) => {
        ::core::option::Option::Some((
            __JsonNames::$variant, $crate::__json_enum!(@has $type),
        ))
    };
    (@has ()) => { false };
    (@has []) => { false };
    (@has $other:tt) => { true };

    (@begin $r:ident []) => { $crate::json::private::Variant::of($r)? };
    (@begin $r:ident [$tag:literal]) => { $crate::json::private::Variant::tagged($r, $tag)? };

    (@read $r:ident $v:ident $variant:ident $type:tt [..] $tag:tt) => {};
    (@read $r:ident $v:ident $variant:ident () $json_name:tt $tag:tt) => {
        if $v.is_unit(__JsonNames::$variant) {
            $v.end($r)?;
            return ::core::result::Result::Ok(Self::$variant);
        }
    };
    (@read $r:ident $v:ident $variant:ident ($type:ty) $json_name:tt $tag:tt) => {
        if $v.has_value(__JsonNames::$variant) {
            let __value = $crate::__json_enum!(@value $r ($type) $tag);
            $v.end($r)?;
            return ::core::result::Result::Ok(Self::$variant(__value));
        }
    };
    (@value $r:ident ($type:ty) []) => { <$type as $crate::json::FromJson>::from_json($r)? };
    (@value $r:ident ($type:ty) [$tag:literal]) => {{
        let mut __value = <$type as $crate::json::FromJson>::from_json($r)?;
        <$type as $crate::json::private::WritesObject>::remove_tag(&mut __value, $tag);
        __value
    }};
    (@read_other $r:ident $v:ident $variant:ident ($type:ty) [..] []) => {
        if let ::core::option::Option::Some(__name) = $v.unit_name() {
            return ::core::result::Result::Ok(Self::$variant(
                <$type as ::core::convert::From<&str>>::from(__name),
            ));
        }
    };
    (@read_other $r:ident $v:ident $variant:ident ($type:ty) [..] [$tag:literal]) => {
        return <$type as $crate::json::FromJson>::from_json($r).map(Self::$variant);
    };
    (@read_other $($other:tt)*) => {};

    (@placeholder $variant:ident ()) => { ::core::option::Option::Some(Self::$variant) };
    // The value of a variant could be the enum itself, which would be an endless recursion.
    (@placeholder $variant:ident ($type:ty)) => { ::core::option::Option::None };

    (@pattern $variant:ident () $value:ident) => { Self::$variant };
    (@pattern $variant:ident ($type:ty) $value:ident) => { Self::$variant($value) };

    (@write $w:ident $value:ident $variant:ident ($type:ty) [..] $tag:tt) => {
        <$type as $crate::json::ToJson>::to_json($value, $w)
    };
    (@write $w:ident $value:ident $variant:ident () $json_name:tt []) => {
        $w.string(__JsonNames::$variant)
    };
    (@write $w:ident $value:ident $variant:ident () $json_name:tt [$tag:literal]) => {{
        $w.begin_object();
        $w.member($tag, __JsonNames::$variant);
        $w.end_object();
    }};
    (@write $w:ident $value:ident $variant:ident ($type:ty) $json_name:tt []) => {{
        $w.begin_object();
        $w.name(__JsonNames::$variant);
        <$type as $crate::json::ToJson>::to_json($value, $w);
        $w.end_object();
    }};
    (@write $w:ident $value:ident $variant:ident ($type:ty) $json_name:tt [$tag:literal]) => {
        <$type as $crate::json::private::WritesObject>::write_tagged(
            $value, $w, $tag, __JsonNames::$variant,
        )
    };
}
