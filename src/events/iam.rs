//! AWS Identity and Access Management: policies in the responses of authorizers.

use core::fmt;

use super::field::event;
use crate::json::{self, FromJson, Kind, Reader, ToJson, Value, Writer};

event! {
    /// A policy (IAM User Guide, "IAM JSON policy element reference").
    pub struct IamPolicyDocument {
        /// `2012-10-17`
        version: String as "Version",
        statement: Vec<IamPolicyStatement> as "Statement",
    }

    /// A statement of a policy.
    pub struct IamPolicyStatement {
        sid: String as "Sid",
        action: OneOrMany as "Action",
        /// `Allow` or `Deny`
        effect: String as "Effect",
        resource: OneOrMany as "Resource",
        condition: Value as "Condition",
    }
}

impl IamPolicyDocument {
    /// Returns a policy that allows or denies calls of a resource of API Gateway.
    pub(super) fn invoke_api(effect: &str, resource: &str) -> IamPolicyDocument {
        let statement = IamPolicyStatement {
            action: OneOrMany::One("execute-api:Invoke".into()).into(),
            effect: effect.into(),
            resource: OneOrMany::One(resource.into()).into(),
            ..IamPolicyStatement::default()
        };
        IamPolicyDocument {
            version: "2012-10-17".into(),
            statement: Vec::from([statement]).into(),
        }
    }
}

/// A string or an array of strings. Policies have both forms for the same member.
///
/// ```
/// use tiny_lambda::events::iam::OneOrMany;
/// use tiny_lambda::json;
///
/// assert_eq!(json::parse::<OneOrMany>(br#""a""#)?, OneOrMany::One("a".to_owned()));
/// # Ok::<(), json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum OneOrMany {
    /// A string.
    One(String),
    /// An array.
    Many(Vec<String>),
}

/// Shows the string or the array.
impl fmt::Debug for OneOrMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OneOrMany::One(text) => text.fmt(f),
            OneOrMany::Many(texts) => texts.fmt(f),
        }
    }
}

impl OneOrMany {
    /// Returns the strings.
    ///
    /// ```
    /// use tiny_lambda::events::iam::OneOrMany;
    ///
    /// assert_eq!(OneOrMany::One("a".into()).as_slice(), ["a"]);
    /// ```
    pub fn as_slice(&self) -> &[String] {
        match self {
            OneOrMany::One(one) => core::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }
}

impl FromJson for OneOrMany {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        r.attempt_replacing(true, |r| match r.peek()? {
            Kind::Array => Vec::from_json(r).map(OneOrMany::Many),
            _ => String::from_json(r).map(OneOrMany::One),
        })
    }
}

impl ToJson for OneOrMany {
    fn to_json(&self, w: &mut Writer) {
        match self {
            OneOrMany::One(one) => one.to_json(w),
            OneOrMany::Many(many) => many.to_json(w),
        }
    }
}
