//! Grammars: which node of which language is what. Must never decide what is dangerous.
//!
//! The languages differ in what their nodes are called, hardly in what they are: a table per language gives each kind of
//! node a [`Role`], and everything above works on roles.

mod c;
mod csharp;
mod go;
mod java;
mod javascript;
mod php;
mod python;
mod ruby;
mod rust;

use std::collections::HashMap;
use std::sync::OnceLock;

use tree_sitter::{Language as Syntax, Node};

/// A language with a grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Tongue {
    Python,
    JavaScript,
    TypeScript,
    /// TypeScript with JSX, which reads `<T>x` differently.
    Tsx,
    Go,
    Rust,
    Java,
    Ruby,
    Php,
    CSharp,
    C,
    Cpp,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Says nothing: comments, punctuation, parts of a text.
    Skip,
    /// What is in it, together.
    Group,
    /// A name.
    Name,
    /// A name with what it is reached through, as one piece of text: `std::process::Command`.
    Path,
    /// A type, as text.
    Type,
    /// A text; values inside it are what is put into it when it runs.
    Text,
    /// A text that a shell runs.
    Shell,
    Number,
    True,
    False,
    Null,
    Regex,
    /// Texts side by side.
    Concatenated,
    Binary,
    Unary,
    /// One of two values.
    Choice,
    /// A condition is evaluated for what comes behind.
    If,
    /// May run any number of times.
    Loop,
    /// May run or not.
    Branch,
    Member,
    Index,
    Call,
    /// A call without a name of its own: `echo`, `include`.
    Statement(&'static str),
    Arguments,
    /// A keyword argument, a member of an object: name and value.
    Named,
    List,
    Table,
    Assign,
    /// `a += b`
    Augment,
    /// Gives elements of a value a name: `for x in xs`, `with f() as x`.
    Bind,
    Function,
    Class,
    Parameters,
    Parameter,
    /// `@route("/")`, `[HttpGet]`
    Decorator,
    Return,
    Import,
    Macro,
    Unsafe,
    /// A list of statements: values do not leave it.
    Body,
}

/// The part that a node plays in the node around it, as far as more than its place tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    None,
    Left,
    Right,
    Name,
    Value,
    Key,
    Body,
    Type,
    Operator,
    Condition,
    Member,
    Parameter,
    Other,
}

/// A grammar, ready to use.
pub(super) struct Grammar {
    pub(super) tongue: Tongue,
    pub(super) syntax: Syntax,
    roles: Vec<Role>,
    fields: Vec<Field>,
}

impl Grammar {
    /// The grammar of `tongue`; made when first asked for.
    pub(super) fn of(tongue: Tongue) -> &'static Self {
        static GRAMMARS: [OnceLock<Grammar>; 12] = [const { OnceLock::new() }; 12];
        static NONE: OnceLock<Grammar> = OnceLock::new();
        let slot = GRAMMARS.get(tongue as usize).unwrap_or(&NONE);
        slot.get_or_init(|| Self::new(tongue))
    }

    fn new(tongue: Tongue) -> Self {
        let (syntax, tables): (Syntax, &[&[(&str, Role)]]) = match tongue {
            Tongue::Python => (tree_sitter_python::LANGUAGE.into(), &[python::ROLES]),
            Tongue::JavaScript => (tree_sitter_javascript::LANGUAGE.into(), &[javascript::ROLES]),
            Tongue::TypeScript => {
                (tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), &[javascript::ROLES, javascript::TYPED])
            }
            Tongue::Tsx => {
                (tree_sitter_typescript::LANGUAGE_TSX.into(), &[javascript::ROLES, javascript::TYPED])
            }
            Tongue::Go => (tree_sitter_go::LANGUAGE.into(), &[go::ROLES]),
            Tongue::Rust => (tree_sitter_rust::LANGUAGE.into(), &[rust::ROLES]),
            Tongue::Java => (tree_sitter_java::LANGUAGE.into(), &[java::ROLES]),
            Tongue::Ruby => (tree_sitter_ruby::LANGUAGE.into(), &[ruby::ROLES]),
            Tongue::Php => (tree_sitter_php::LANGUAGE_PHP.into(), &[php::ROLES]),
            Tongue::CSharp => (tree_sitter_c_sharp::LANGUAGE.into(), &[csharp::ROLES]),
            Tongue::C => (tree_sitter_c::LANGUAGE.into(), &[c::ROLES]),
            Tongue::Cpp => (tree_sitter_cpp::LANGUAGE.into(), &[c::ROLES, c::PLUS]),
        };
        let known: HashMap<&str, Role> = tables.iter().flat_map(|table| table.iter().copied()).collect();
        let roles = (0..syntax.node_kind_count())
            .map(|id| {
                let id = u16::try_from(id).unwrap_or_default();
                let named = syntax.node_kind_is_named(id);
                let role = syntax.node_kind_for_id(id).and_then(|kind| known.get(kind)).copied();
                if named { role.unwrap_or(Role::Group) } else { Role::Skip }
            })
            .collect();
        let fields = (0..=syntax.field_count())
            .map(|id| {
                let id = u16::try_from(id).unwrap_or_default();
                syntax.field_name_for_id(id).map_or(Field::None, field)
            })
            .collect();
        Self { tongue, syntax, roles, fields }
    }

    /// What `node` is.
    pub(super) fn role(&self, node: Node<'_>) -> Role {
        self.roles.get(usize::from(node.kind_id())).copied().unwrap_or(Role::Group)
    }

    /// The part that the field `id` is.
    pub(super) fn field(&self, id: Option<std::num::NonZeroU16>) -> Field {
        id.and_then(|id| self.fields.get(usize::from(id.get())).copied()).unwrap_or(Field::None)
    }
}

fn field(name: &str) -> Field {
    match name {
        "left" | "pattern" => Field::Left,
        "right" => Field::Right,
        "name" | "declarator" | "alias" => Field::Name,
        "value" | "default_value" => Field::Value,
        "key" => Field::Key,
        "body" | "consequence" | "alternative" => Field::Body,
        "type" | "return_type" | "returns" | "result" | "type_parameters" | "type_arguments" => Field::Type,
        "operator" | "operators" => Field::Operator,
        "condition" => Field::Condition,
        "property" | "attribute" | "field" | "method" => Field::Member,
        "parameter" | "parameters" => Field::Parameter,
        _ => Field::Other,
    }
}
