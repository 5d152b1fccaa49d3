//! AWS Identity and Access Management: policies, as authorizers answer with them.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use crate::json::{self, FromJson, Kind, Reader, ToJson, Value, Writer};

event! {
    /// A policy (IAM User Guide, "IAM JSON policy elements reference").
    pub struct IamPolicyDocument {
        /// `2012-10-17`
        version: String as "Version",
        statement: Vec<IamPolicyStatement> as "Statement",
    }

    /// What may be done, or may not.
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
    /// Whether `resource` of API Gateway may be called.
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

/// A string or an array of them: a policy has both for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OneOrMany {
    /// A string.
    One(String),
    /// An array.
    Many(Vec<String>),
}

impl OneOrMany {
    /// The strings.
    pub fn as_slice(&self) -> &[String] {
        match self {
            OneOrMany::One(one) => core::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }
}

impl FromJson for OneOrMany {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        if r.peek()? == Kind::Array {
            r.attempt_replacing(true, Vec::from_json)
                .map(OneOrMany::Many)
        } else {
            r.attempt_replacing(true, String::from_json)
                .map(OneOrMany::One)
        }
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
