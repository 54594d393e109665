//! Which guards stand before the routes of a controller, as far as its file tells.

use super::classes::{Class, Decorator};
use super::language::Node;
use super::names::{Names, Origin};
use super::syntax::{arguments, bare, callee, is, kids, last_name, literal, text};

/// Decorators of Nest that make a method a route.
const ROUTES: [&str; 18] = [
    "Get",
    "Post",
    "Put",
    "Patch",
    "Delete",
    "All",
    "Head",
    "Options",
    "Search",
    "Propfind",
    "Proppatch",
    "Mkcol",
    "Copy",
    "Move",
    "Lock",
    "Unlock",
    "Sse",
    "RequestMapping",
];

/// How well a guard's name is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Imported from another file.
    Imported,
    /// Declared in the same file.
    Here,
    /// Declared in the same file, and lets everybody through.
    Open,
    /// Neither imported nor declared.
    Nowhere,
}

/// One guard that is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its name, or the call that makes it (`AuthGuard('jwt')`).
    pub name: String,
    /// Whether it is made by a call of that name.
    pub made: bool,
    /// How well it is known.
    pub known: Known,
}

/// The decorators of a class or route, sorted out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Name of the class or method.
    pub name: String,
    /// Line, from 1.
    pub line: usize,
    /// Guards, in the order in which they run.
    pub guards: Vec<Applied>,
    /// Decorators that take the guards away.
    pub opt_outs: Vec<String>,
    /// Guards that are computed, and decorators that may hold guards of their own.
    pub unclear: Vec<String>,
    /// Decorators that somebody else wrote, by name.
    pub custom: Vec<String>,
}

/// A controller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Controller {
    /// What stands on the class.
    pub class: Place,
    /// Its routes.
    pub routes: Vec<Place>,
    /// Methods that are no route by their decorators, but have decorators of others' making.
    pub others: Vec<Place>,
    /// The class that it extends, as it is written.
    pub extends: Option<String>,
}

/// Reads one controller.
pub(super) fn controller<'t>(
    class: &Class<'t>,
    names: &Names<'t>,
    opt_outs: &[String],
) -> Controller {
    let sort = |name: &str, line, decorators: &[Decorator<'t>]| {
        let mut place = Place { name: name.to_owned(), line, ..Place::default() };
        // Decorators run from the last to the first, and each adds to what is there.
        for decorator in decorators.iter().rev() {
            sort_out(decorator, names, opt_outs, &mut place);
        }
        place
    };
    let mut out = Controller {
        class: sort(&class.name, class.line, &class.decorators),
        extends: class.extends.clone(),
        ..Controller::default()
    };
    for method in &class.methods {
        let place = sort(&method.name, method.line, &method.decorators);
        if method.decorators.iter().any(|decorator| ROUTES.contains(&decorator.name())) {
            out.routes.push(place);
        } else if !place.custom.is_empty() {
            out.others.push(place);
        }
    }
    out
}

fn sort_out<'t>(
    decorator: &Decorator<'t>,
    names: &Names<'t>,
    opt_outs: &[String],
    place: &mut Place,
) {
    let name = decorator.name();
    let origin = decorator.named.as_ref().map(|named| &named.origin);
    let from_nest = match origin {
        Some(Origin::Module(module)) => module.starts_with("@nestjs/"),
        Some(Origin::Unknown) => true,
        Some(Origin::Here(_)) | None => false,
    };
    if opt_outs.iter().any(|opt_out| opt_out == name) || makes_public(name, &decorator.arguments) {
        place.opt_outs.push(decorator.shown.clone());
    } else if name == "UseGuards" && from_nest {
        for argument in &decorator.arguments {
            add_guard(argument, names, place);
        }
    } else if name == "applyDecorators" || name.is_empty() || (name == "UseGuards" && !from_nest) {
        place.unclear.push(decorator.shown.clone());
    } else if !from_nest {
        place.custom.push(name.to_owned());
    }
}

/// Whether `SetMetadata('isPublic', true)` stands there: what `@Public()` is made of.
pub(super) fn makes_public(name: &str, arguments: &[Node<'_>]) -> bool {
    let (Some(key), value) = (arguments.first(), arguments.get(1)) else { return false };
    let key = literal(key).or_else(|| last_name(key)).unwrap_or_default().to_ascii_lowercase();
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    let opens = ["public", "skipauth", "noauth", "anonymous", "skipguard", "bypass"];
    name == "SetMetadata"
        && opens.iter().any(|word| key.contains(word))
        && value.is_none_or(|value| bare(value).text() != "false")
}

fn add_guard<'t>(argument: &Node<'t>, names: &Names<'t>, place: &mut Place) {
    let node = bare(argument);
    match node.kind().as_ref() {
        "spread_element" => {
            let list = kids(&node).first().map(bare).filter(|list| is(list, "identifier"));
            let array = list.and_then(|list| names.declaration(&list.text()).cloned());
            let array = array.filter(is_constant).and_then(|array| array.field("value"));
            match array.map(|array| bare(&array)).filter(|array| is(array, "array")) {
                Some(array) => {
                    for element in kids(&array) {
                        // A list inside the list is not followed: one level is what people write.
                        match is(&element, "spread_element") {
                            true => place.unclear.push(text(&element)),
                            false => add_guard(&element, names, place),
                        }
                    }
                }
                None => place.unclear.push(text(&node)),
            }
        }
        "identifier" | "member_expression" => place.guards.push(applied(&node, names, false)),
        "new_expression" => match callee(&node) {
            Some(class) => place.guards.push(applied(&class, names, false)),
            None => place.unclear.push(text(&node)),
        },
        "call_expression" => match callee(&node) {
            Some(maker) if matches!(maker.kind().as_ref(), "identifier" | "member_expression") => {
                place.guards.push(made(&maker, &node, names));
            }
            _ => place.unclear.push(text(&node)),
        },
        _ => place.unclear.push(text(&node)),
    }
}

fn is_constant(declarator: &Node<'_>) -> bool {
    declarator.parent().is_some_and(|above| above.text().starts_with("const"))
}

fn applied<'t>(name: &Node<'t>, names: &Names<'t>, made: bool) -> Applied {
    let Some(named) = names.resolve(name) else {
        return Applied { name: text(name), made, known: Known::Nowhere };
    };
    let known = match &named.origin {
        Origin::Module(_) => Known::Imported,
        Origin::Here(declaration) if lets_all_through(declaration) => Known::Open,
        Origin::Here(_) => Known::Here,
        Origin::Unknown => Known::Nowhere,
    };
    Applied { name: named.name, made, known }
}

/// `AuthGuard('jwt')`: written with its arguments, so that another strategy is another guard.
fn made<'t>(maker: &Node<'t>, call: &Node<'t>, names: &Names<'t>) -> Applied {
    let guard = applied(maker, names, true);
    let shown = |argument: &Node<'t>| {
        literal(argument).map_or_else(|| text(argument), |word| format!("'{word}'"))
    };
    let list: Vec<_> = arguments(call).iter().map(shown).collect();
    Applied { name: format!("{}({})", guard.name, list.join(", ")), ..guard }
}

/// A class whose `canActivate` does nothing but return true.
fn lets_all_through(declaration: &Node<'_>) -> bool {
    let Some(body) = declaration.field("body") else { return false };
    let check = kids(&body).into_iter().find(|member| {
        is(member, "method_definition")
            && member.field("name").is_some_and(|name| name.text() == "canActivate")
    });
    let Some(body) = check.and_then(|check| check.field("body")) else { return false };
    match kids(&body).as_slice() {
        [only] if is(only, "return_statement") => {
            kids(only).first().is_some_and(|value| bare(value).text() == "true")
        }
        _ => false,
    }
}
