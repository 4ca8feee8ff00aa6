//! What may be done, and which role may do it.

use std::fmt;

/// Something that may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// See answers, and customers with their personal columns masked.
    Read,
    /// See whom a customer's row is about. It is written to the audit log.
    Personal,
    /// Save and remove segments.
    Edit,
    /// Take rows along as a file. It is written to the audit log.
    Export,
    /// Upload files, import them and undo imports.
    Import,
    /// Ask queries.
    Sql,
    /// Change settings, people and keys.
    Manage,
    /// Read the audit log.
    Audit,
}

impl Right {
    /// All of them.
    pub const ALL: [Right; 8] =
        [Right::Read, Right::Personal, Right::Edit, Right::Export, Right::Import, Right::Sql, Right::Manage, Right::Audit];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Right::Read => "read",
            Right::Personal => "personal",
            Right::Edit => "edit",
            Right::Export => "export",
            Right::Import => "import",
            Right::Sql => "sql",
            Right::Manage => "manage",
            Right::Audit => "audit",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Right> {
        Right::ALL.into_iter().find(|right| right.name() == name)
    }
}

/// What a person is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything; there is always one, and only an owner makes another.
    Owner,
    /// Everything but what makes owners.
    Admin,
    /// Works with customers: sees who they are, builds segments, imports, takes lists along.
    Marketer,
    /// Works with numbers: segments, files and queries, without seeing who customers are.
    Analyst,
    /// Looks.
    Viewer,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 5] = [Role::Owner, Role::Admin, Role::Marketer, Role::Analyst, Role::Viewer];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Marketer => "marketer",
            Role::Analyst => "analyst",
            Role::Viewer => "viewer",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What it may do.
    pub fn rights(self) -> &'static [Right] {
        match self {
            Role::Owner | Role::Admin => &Right::ALL,
            Role::Marketer => &[Right::Read, Right::Personal, Right::Edit, Right::Export, Right::Import],
            Role::Analyst => &[Right::Read, Right::Edit, Right::Export, Right::Sql],
            Role::Viewer => &[Right::Read],
        }
    }

    /// May somebody of this role give that role to others, or take it from them?
    pub fn may_give(self, other: Role) -> bool {
        self == Role::Owner || other != Role::Owner
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
