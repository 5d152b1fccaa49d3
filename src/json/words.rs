//! The words after the name in `json_struct!` and `json_enum!`.

/// Expands to the [`Case`](crate::json::private::Case) that the words name. Each word is in brackets, since it
/// may be several tokens. Wrong words are compile errors.
#[doc(hidden)]
#[macro_export]
macro_rules! __json_case {
    ($macro:ident) => { $crate::json::private::Case::Verbatim };
    ($macro:ident [camelCase]) => { $crate::json::private::Case::Camel };
    ($macro:ident [PascalCase]) => { $crate::json::private::Case::Pascal };
    ($macro:ident [snake_case]) => { $crate::json::private::Case::Snake };
    ($macro:ident [SCREAMING_SNAKE_CASE]) => { $crate::json::private::Case::ScreamingSnake };
    ($macro:ident [kebab-case]) => { $crate::json::private::Case::Kebab };
    ($macro:ident [SCREAMING-KEBAB-CASE]) => { $crate::json::private::Case::ScreamingKebab };
    ($macro:ident [lowercase]) => { $crate::json::private::Case::Lower };
    ($macro:ident [UPPERCASE]) => { $crate::json::private::Case::Upper };
    (json_struct [skip_none]) => { $crate::json::private::Case::Verbatim };
    (json_struct [skip_none] [skip_none]) => {
        ::core::compile_error!("the word `skip_none` occurs twice")
    };
    (json_struct [skip_none] $case:tt) => { $crate::__json_case!(json_struct $case) };
    (json_struct $case:tt [skip_none]) => { $crate::__json_case!(json_struct $case) };
    (json_struct [$word:tt $($more:tt)*]) => { $crate::__json_case!(@mistake $word StructWord) };
    (json_enum [$word:tt $($more:tt)*]) => { $crate::__json_case!(@mistake $word EnumWord) };
    (json_struct $case:tt [skip_none] [$word:tt $($more:tt)*] $($rest:tt)*) => {
        $crate::__json_case!(@mistake $word TwoCases)
    };
    (json_enum $case:tt [$word:literal] $($rest:tt)*) => {
        $crate::__json_case!(@mistake $word EnumWord)
    };
    ($macro:ident $case:tt [$word:tt $($more:tt)*] $($rest:tt)*) => {
        $crate::__json_case!(@mistake $word TwoCases)
    };
    (@mistake $word:literal EnumWord) => {{
        $crate::__json_mistake!(@literal $word TagFirst);
        $crate::json::private::Case::Verbatim
    }};
    (@mistake $word:literal $mistake:ident) => {{
        $crate::__json_mistake!(@literal $word QuotedWord);
        $crate::json::private::Case::Verbatim
    }};
    (@mistake $word:tt $mistake:ident) => {{
        $crate::__json_mistake!(@at $word $mistake);
        $crate::json::private::Case::Verbatim
    }};
}
