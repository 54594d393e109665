//! Controllers that are guarded, and those that only look so.

use serde_json::json;

use super::super::trial::{ask, tree};
use super::*;

const FILE: &str = "src/contacts.controller.ts";
pub(super) const IMPORTS: &str = "import { Controller, Get, Post, UseGuards, SetMetadata, applyDecorators } from '@nestjs/common';
import { JwtAuthGuard } from '../auth/jwt-auth.guard';
import { TenantGuard } from '../auth/tenant.guard';
";

pub(super) async fn judge(
    code: &str,
    more: &[(&str, &str)],
) -> countersign_domain::finding::Finding {
    let folder = tree(&[&[(FILE, code)], more].concat());
    ask(folder.path(), "code.guarded", json!({"file": FILE})).await
}

#[tokio::test]
async fn guards_count_where_they_are_really_applied() {
    use Outcome::{Fail, Inconclusive, Pass};
    let person = Inconclusive(Reason::NeedsPerson);
    let class = |body: &str| format!("{IMPORTS}{body}");
    let routes = "export class A { @Get() list() {} @Post(':id/sync') syncProvider() {} }";
    let both = "@UseGuards(JwtAuthGuard, TenantGuard)";
    for (sentence, code, outcome, note) in [
        ("on the class", class(&format!("@Controller('c')\n{both}\n{routes}")), Pass, ""),
        ("above @Controller", class(&format!("{both}\n@Controller('c')\n{routes}")), Pass, ""),
        ("after export", class(&format!("export {both} @Controller() {}", &routes[7..])), Pass, ""),
        (
            "the other order",
            class(&format!("@Controller() @UseGuards(TenantGuard, JwtAuthGuard) {routes}")),
            Pass,
            "guard-order",
        ),
        (
            "with a third guard",
            class(&format!("@Controller() @UseGuards(JwtAuthGuard, X, TenantGuard) {routes}")),
            Pass,
            "",
        ),
        (
            "in two decorators, the last one running first",
            class(&format!(
                "@Controller() @UseGuards(TenantGuard) @UseGuards(JwtAuthGuard) {routes}"
            )),
            Pass,
            "",
        ),
        (
            "as objects",
            class(&format!(
                "@Controller() @UseGuards(new JwtAuthGuard(), new TenantGuard()) {routes}"
            )),
            Pass,
            "",
        ),
        (
            "on every route",
            class(&format!(
                "@Controller() export class A {{ {both} @Get() a() {{}} @Post() {both} b() {{}} }}"
            )),
            Pass,
            "",
        ),
        (
            "half on the class, half on each route",
            class(
                "@Controller() @UseGuards(JwtAuthGuard) export class A { @Get() @UseGuards(TenantGuard) a() {} }",
            ),
            Pass,
            "",
        ),
        (
            "from a list in the same file",
            class(&format!(
                "const GUARDS = [JwtAuthGuard, TenantGuard];\n@Controller() @UseGuards(...GUARDS) {routes}"
            )),
            Pass,
            "",
        ),
        (
            "under another name",
            format!(
                "import {{ UseGuards as Guarded, Controller, Get }} from '@nestjs/common';\n\
                 import {{ JwtAuthGuard as J, TenantGuard as T }} from './auth';\n\
                 @Controller() @Guarded(J, T) {routes}"
            ),
            Pass,
            "",
        ),
        (
            "through a namespace",
            format!(
                "import * as nest from '@nestjs/common'; import * as auth from './auth';\n\
                 @nest.Controller() @nest.UseGuards(auth.JwtAuthGuard, auth.TenantGuard) {routes}"
            ),
            Pass,
            "",
        ),
        (
            "never imported",
            format!(
                "import {{ Controller, UseGuards }} from '@nestjs/common';\n@Controller() {both} {routes}"
            ),
            Pass,
            "guard-unresolved",
        ),
        (
            "declared in the same file, with a check",
            format!(
                "import {{ Controller, UseGuards }} from '@nestjs/common';\n\
                 class JwtAuthGuard {{ canActivate(c) {{ return check(c); }} }}\nclass TenantGuard {{ canActivate(c) {{ return check(c); }} }}\n\
                 @Controller() {both} {routes}"
            ),
            Pass,
            "guard-declared-here",
        ),
        ("in a comment", class(&format!("@Controller()\n// {both}\n{routes}")), Fail, ""),
        ("in a block comment", class(&format!("@Controller()\n/* {both} */\n{routes}")), Fail, ""),
        (
            "in a string",
            class(&format!("const s = \"{both}\";\n@Controller('{both}')\n{routes}")),
            Fail,
            "",
        ),
        ("imported only", class(&format!("@Controller()\n{routes}")), Fail, ""),
        (
            "one of two",
            class(&format!("@Controller() @UseGuards(JwtAuthGuard) {routes}")),
            Fail,
            "",
        ),
        (
            "one of two in a comment between",
            class(&format!("@Controller() @UseGuards(JwtAuthGuard /*, TenantGuard */) {routes}")),
            Fail,
            "",
        ),
        (
            "nothing given to the decorator",
            class(&format!("@Controller() @UseGuards() {routes}")),
            Fail,
            "",
        ),
        (
            "on one route of two",
            class(&format!(
                "@Controller() export class A {{ {both} @Get() a() {{}} @Post() b() {{}} }}"
            )),
            Fail,
            "",
        ),
        (
            "on another class of the file",
            class(&format!("{both} export class B {{}}\n@Controller() {routes}")),
            Fail,
            "",
        ),
        (
            "the second controller of the file is open",
            class(&format!(
                "@Controller() {both} {routes}\n@Controller('b') export class B {{ @Get() b() {{}} }}"
            )),
            Fail,
            "",
        ),
        (
            "a similar name",
            class(&format!("@Controller() @UseGuards(JwtAuthGuardOptional, TenantGuard) {routes}")),
            Fail,
            "",
        ),
        (
            "another guard under the right name",
            format!(
                "import {{ Controller, UseGuards }} from '@nestjs/common';\n\
                 import {{ NoopGuard as JwtAuthGuard, TenantGuard }} from './auth';\n@Controller() {both} {routes}"
            ),
            Fail,
            "",
        ),
        (
            "the right name for a constant that is another guard",
            format!(
                "import {{ Controller, UseGuards }} from '@nestjs/common';\nimport {{ NoopGuard, TenantGuard }} from './auth';\n\
                 const JwtAuthGuard = NoopGuard;\n@Controller() {both} {routes}"
            ),
            Fail,
            "",
        ),
        (
            "declared in the same file, and open",
            format!(
                "import {{ Controller, UseGuards }} from '@nestjs/common';\nimport {{ TenantGuard }} from './auth';\n\
                 class JwtAuthGuard {{ canActivate() {{ return true; }} }}\n@Controller() {both} {routes}"
            ),
            Fail,
            "",
        ),
        (
            "taken away from a route",
            class(&format!("@Controller() {both} export class A {{ @Public() @Get() a() {{}} }}")),
            Fail,
            "",
        ),
        (
            "taken away from the class",
            class(&format!("@Controller() {both} @SkipAuth() {routes}")),
            Fail,
            "",
        ),
        (
            "taken away by metadata",
            class(&format!(
                "@Controller() {both} export class A {{ @SetMetadata('isPublic', true) @Get() a() {{}} }}"
            )),
            Fail,
            "",
        ),
        (
            "metadata that takes nothing away",
            class(&format!(
                "@Controller() {both} export class A {{ @SetMetadata('roles', ['x']) @Get() a() {{}} }}"
            )),
            Pass,
            "",
        ),
        ("computed", class(&format!("@Controller() @UseGuards(...guards()) {routes}")), person, ""),
        (
            "chosen at run time",
            class(&format!(
                "@Controller() @UseGuards(DEV ? Noop : JwtAuthGuard, TenantGuard) {routes}"
            )),
            person,
            "",
        ),
        (
            "another UseGuards than Nest's",
            format!(
                "import {{ Controller }} from '@nestjs/common';\nimport {{ JwtAuthGuard, TenantGuard }} from './auth';\n\
                 const UseGuards = (...g) => () => {{}};\n@Controller() {both} {routes}"
            ),
            person,
            "",
        ),
        (
            "composed in place",
            class(&format!(
                "@Controller() @applyDecorators(UseGuards(JwtAuthGuard, TenantGuard)) {routes}"
            )),
            person,
            "",
        ),
        (
            "the strategy instead of the class",
            class(&format!("@Controller() @UseGuards(AuthGuard('jwt'), TenantGuard) {routes}")),
            person,
            "",
        ),
        (
            "perhaps on the base class",
            class("@Controller() export class A extends Base { @Get() a() {} }"),
            person,
            "",
        ),
        (
            "on each route, and a base class may have more routes",
            class(&format!(
                "@Controller() export class A extends Base {{ {both} @Get() a() {{}} }}"
            )),
            person,
            "",
        ),
        (
            "no controller",
            class(&format!("{both} {routes}")),
            Inconclusive(Reason::NotConfigured),
            "",
        ),
        (
            "does not parse",
            class(&format!("@Controller() {both} export class A {{ @Get( }}")),
            Inconclusive(Reason::Unexpected),
            "",
        ),
    ] {
        let finding = judge(&code, &[]).await;
        assert_eq!(finding.outcome, outcome, "{sentence}: {finding:#?}");
        let notes: Vec<_> = finding.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!(notes.join(" "), note, "{sentence}");
    }
}

#[tokio::test]
async fn a_missing_file_is_told_by_its_path_and_where_it_may_have_gone() {
    let folder = tree(&[
        ("api/contacts.controller.ts", "class A {}"),
        ("node_modules/contacts.controller.ts", ""),
    ]);
    let finding = ask(folder.path(), "code.guarded", json!({"file": FILE})).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::NotConfigured));
    assert!(finding.observed.contains(FILE), "{finding:#?}");
    assert!(finding.observed.ends_with("there is api/contacts.controller.ts"), "{finding:#?}");
    let gone = ask(&folder.path().join("nowhere"), "code.guarded", json!({"file": FILE})).await;
    assert_eq!(gone.outcome, Outcome::Inconclusive(Reason::NotConfigured));
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_out_of_the_tree_is_not_followed() {
    let outside = tree(&[("real.ts", "@Controller() class A {}")]);
    let folder = tree(&[("src/a.ts", "")]);
    std::os::unix::fs::symlink(outside.path().join("real.ts"), folder.path().join(FILE))
        .expect("a link");
    let finding = ask(folder.path(), "code.guarded", json!({"file": FILE})).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::NotConfigured));
    assert!(finding.observed.contains("leads out"), "{finding:#?}");
}

#[test]
fn parameters_that_lead_out_of_the_tree_or_ask_nothing_are_refused() {
    for (params, words) in [
        (json!({"file": "../a.ts"}), "`file`"),
        (json!({"file": "/etc/passwd"}), "`file`"),
        (json!({"file": "a.ts", "guards": []}), "`guards`"),
    ] {
        let params: Params = serde_json::from_value(params).expect("types");
        assert!(Guarded::check(&params).expect_err("refused").contains(words));
    }
}
