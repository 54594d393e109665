//! Guards that stand elsewhere in the tree than in the controller's file.

use countersign_domain::finding::{Outcome, Reason};

use super::tests::{IMPORTS, judge};

#[tokio::test]
async fn the_rest_of_the_tree_tells_what_the_file_does_not() {
    use Outcome::{Fail, Inconclusive, Pass};
    let person = Inconclusive(Reason::NeedsPerson);
    let routes = "export class A { @Get() list() {} }";
    let open = format!("{IMPORTS}@Controller() {routes}");
    let custom =
        format!("{IMPORTS}import {{ Auth }} from '@/auth';\n@Controller() @Auth() {routes}");
    let both = "@UseGuards(JwtAuthGuard, TenantGuard)";
    let opened = format!(
        "{IMPORTS}import {{ Anyone }} from '@/auth';\n@Controller() {both} export class A {{ @Anyone() @Get() a() {{}} }}"
    );
    let module = |providers: &str| {
        format!(
            "import {{ Module }} from '@nestjs/common'; import {{ APP_GUARD }} from '@nestjs/core';\n\
             @Module({{ providers: {providers} }}) export class AppModule {{}}"
        )
    };
    let plain = "[{ provide: APP_GUARD, useClass: JwtAuthGuard }, { provide: APP_GUARD, useClass: TenantGuard }]";
    let conditional = "[...(process.env.AUTH ? [{ provide: APP_GUARD, useClass: JwtAuthGuard }, { provide: APP_GUARD, useClass: TenantGuard }] : [])]";
    let main =
        |body: &str| format!("async function bootstrap() {{ const app = await make(); {body} }}");
    let composed =
        "export const Auth = () => applyDecorators(UseGuards(JwtAuthGuard, TenantGuard));";
    for (sentence, code, path, text, outcome, note) in [
        (
            "guards of the whole application",
            &open,
            "src/app.module.ts",
            module(plain),
            Pass,
            "guarded-globally",
        ),
        (
            "one of them only",
            &open,
            "src/app.module.ts",
            module("[{ provide: APP_GUARD, useClass: JwtAuthGuard }]"),
            Fail,
            "",
        ),
        ("in a test only", &open, "src/app.spec.ts", module(plain), Fail, ""),
        ("under a condition", &open, "src/app.module.ts", module(conditional), person, ""),
        (
            "by a factory",
            &open,
            "src/app.module.ts",
            module("[{ provide: APP_GUARD, useFactory: make }]"),
            person,
            "",
        ),
        (
            "commented out",
            &open,
            "src/app.module.ts",
            module(&format!("[/* {plain} */]")),
            Fail,
            "",
        ),
        (
            "for all by the main file",
            &open,
            "src/main.ts",
            main("app.useGlobalGuards(new JwtAuthGuard(r), new TenantGuard());"),
            Pass,
            "guarded-globally",
        ),
        (
            "by the main file, sometimes",
            &open,
            "src/main.ts",
            main("if (PROD) { app.useGlobalGuards(new JwtAuthGuard(r), new TenantGuard()); }"),
            person,
            "",
        ),
        (
            "by the main file, never",
            &open,
            "src/main.ts",
            main("if (false) { app.useGlobalGuards(new JwtAuthGuard(r), new TenantGuard()); }"),
            Fail,
            "",
        ),
        (
            "a decorator that is made of guards",
            &custom,
            "src/auth/index.ts",
            composed.to_owned(),
            person,
            "",
        ),
        ("a decorator of a package", &custom, "src/x.ts", String::new(), person, ""),
        (
            "a decorator without guards",
            &custom,
            "src/auth/index.ts",
            "export function Auth() { return SetMetadata('roles', ['a']); }".to_owned(),
            Fail,
            "",
        ),
        (
            "a decorator that takes guards away under a name of its own",
            &opened,
            "src/auth/index.ts",
            "export const Anyone = () => SetMetadata(IS_PUBLIC_KEY, true);".to_owned(),
            Fail,
            "",
        ),
    ] {
        let finding = judge(code, &[(path, &text)]).await;
        assert_eq!(finding.outcome, outcome, "{sentence}: {finding:#?}");
        let notes: Vec<_> = finding.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!(notes.join(" "), note, "{sentence}");
    }
}
