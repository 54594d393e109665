//! Methods that refuse strangers, and those that only look so.

use countersign_domain::finding::Finding;
use serde_json::{Value, json};

use super::super::trial::{ask, tree};
use super::*;

const FILE: &str = "src/contacts.controller.ts";
const NAMED: &str = "@Param('id') id: string, @CurrentUser() user: JwtUser";

fn controller(parameters: &str, body: &str, more: &str) -> String {
    format!(
        "import {{ Controller, Post, Param, Body, Req, Headers }} from '@nestjs/common';\n\
         @Controller('contacts') export class ContactsController {{\n\
         constructor(private readonly contacts: ContactsService, private readonly repo: Repository<Provider>) {{}}\n\
         @Post(':id/sync')\nasync syncProvider({parameters}) {{\n{body}\n}}\n{more}\n}}\n"
    )
}

async fn judge(code: &str, more: &[(&str, &str)], params: Value) -> Finding {
    let folder = tree(&[&[(FILE, code)], more].concat());
    ask(folder.path(), "code.ownership-checked", params).await
}

fn plain() -> Value {
    json!({"file": FILE})
}

const FIND: &str = "const provider = await this.repo.findOne({ where: { id } });\n";
const OWN: &str =
    "const provider = await this.repo.findOne({ where: { id, tenantId: user.tenantId } });\n";
const THROW: &str = "throw new ForbiddenException();";
const SYNC: &str = "return this.contacts.sync(provider);";

#[tokio::test]
async fn a_check_that_always_refuses_before_any_use_passes() {
    let other = "if (provider.tenantId !== user.tenantId) ";
    for (sentence, parameters, body, note) in [
        ("a comparison that throws", NAMED, format!("{FIND}{other}{{ {THROW} }}\n{SYNC}"), ""),
        ("without braces", NAMED, format!("{FIND}{other}{THROW}\n{SYNC}"), ""),
        (
            "missing or not the caller's",
            NAMED,
            format!("{FIND}if (!provider || provider.tenantId !== user.tenantId) {{ this.logger.warn(id); {THROW} }}\n{SYNC}"),
            "",
        ),
        ("sides swapped, as text", NAMED, format!("{FIND}if (user.tenantId != String(provider.tenantId)) {THROW}\n{SYNC}"), ""),
        ("the thing's tenant as an object", NAMED, format!("{FIND}if (provider.tenant.id !== user.tenantId) {THROW}\n{SYNC}"), ""),
        ("not equal, written as not", NAMED, format!("{FIND}if (!(provider.ownerId === user.id)) {THROW}\n{SYNC}"), ""),
        ("the way round", NAMED, format!("{FIND}if (provider && provider.userId === user.id) {{ {SYNC} }} else {{ {THROW} }}"), ""),
        ("limited lookup, missing throws", NAMED, format!("{OWN}if (!provider) {THROW}\n{SYNC}"), ""),
        ("limited lookup, null", NAMED, format!("{OWN}if (provider == null) throw new NotFoundException();\n{SYNC}"), ""),
        (
            "limited lookup that throws itself",
            NAMED,
            "const provider = await this.prisma.provider.findFirstOrThrow({ where: { id, userId: user.sub } });\nreturn this.contacts.sync(provider);".into(),
            "",
        ),
        (
            "limited query",
            NAMED,
            "const { rows } = await this.db.query('SELECT * FROM providers WHERE id = $1 AND tenant_id = $2', [id, user.tenantId]);\nif (rows.length === 0) throw new NotFoundException();\nreturn this.contacts.sync(rows[0]);".into(),
            "",
        ),
        (
            "limited query, first row",
            NAMED,
            "const { rows: [provider] } = await this.db.query(`SELECT * FROM p WHERE p.id = $1 AND p.\"tenant_id\" = $2`, [id, user.tenantId]);\nif (!provider) throw new NotFoundException();\nreturn this.contacts.sync(provider);".into(),
            "",
        ),
        (
            "the request's user",
            "@Req() req, @Param('id') id: string",
            format!("const {{ tenantId }} = req.user;\n{FIND}if (provider.tenantId !== tenantId) {THROW}\n{SYNC}"),
            "",
        ),
        (
            "the id in the body",
            "@Body() dto: SyncDto, @TenantId() tenantId: string",
            format!("const provider = await this.repo.findOneBy({{ id: dto.providerId, tenantId }});\nif (!provider) {THROW}\nreturn this.contacts.sync(provider, dto.full);"),
            "",
        ),
        (
            "inside try, around all",
            NAMED,
            format!("try {{ {OWN}if (!provider) {THROW}\n{SYNC} }} catch (e) {{ this.logger.error(e); throw new BadGatewayException(); }}"),
            "",
        ),
        ("by a name that promises to throw", NAMED, "await this.access.assertOwner(id, user.id);\nreturn this.contacts.sync(id);".into(), "check-by-name"),
        (
            "by a question that is answered",
            NAMED,
            format!("if (!(await this.access.isOwner(id, user.id))) {THROW}\nreturn this.contacts.sync(id);"),
            "check-by-name",
        ),
        (
            "by the answer of a question",
            NAMED,
            format!("const owns = await this.access.isOwnerOf(user, id);\nif (!owns) {{ {THROW} }}\nreturn this.contacts.sync(id);"),
            "check-by-name",
        ),
        (
            "by a lookup that says whose",
            NAMED,
            format!("const provider = await this.providers.findOneForTenant(id, user.tenantId);\nif (!provider) {THROW}\n{SYNC}"),
            "check-by-name",
        ),
    ] {
        let finding = judge(&controller(parameters, &body, ""), &[], plain()).await;
        assert_eq!(finding.outcome, Outcome::Pass, "{sentence}: {finding:#?}");
        let notes: Vec<_> = finding.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!(notes.join(" "), note, "{sentence}");
        assert!(finding.observed.contains(FILE) && finding.transcript.len() > 2, "{sentence}");
    }
}

#[tokio::test]
async fn what_only_looks_like_a_check_does_not_pass() {
    let other = "if (provider.tenantId !== user.tenantId) ";
    for (sentence, parameters, body) in [
        ("a check after the use", NAMED, format!("{FIND}await this.contacts.sync(provider);\n{other}{THROW}")),
        ("a use in the lookup's place", NAMED, format!("const result = await this.contacts.sync(id);\n{FIND}{other}{THROW}\nreturn result;")),
        ("a comparison that only tells, and goes on", NAMED, format!("{FIND}{other}{{ this.logger.warn('other'); }}\nreturn this.contacts.sync(provider, user);")),
        ("a comparison that returns a use", NAMED, format!("{FIND}{other}return this.contacts.sync(provider);\n{SYNC}")),
        ("with an exception for some", NAMED, format!("{FIND}if (provider.tenantId !== user.tenantId && !dto.force) {THROW}\n{SYNC}")),
        ("never", NAMED, format!("{FIND}if (false && provider.tenantId !== user.tenantId) {THROW}\n{SYNC}")),
        ("always true for the owner's branch", NAMED, format!("{FIND}if (provider.tenantId === user.tenantId || true) {{ {SYNC} }} else {{ {THROW} }}")),
        ("under another condition", NAMED, format!("{FIND}if (STRICT) {{ {other}{THROW} }}\n{SYNC}")),
        ("in a callback", NAMED, format!("{FIND}[1].forEach(() => {{ {other}{THROW} }});\nreturn this.contacts.sync(provider, user);")),
        ("what the caller sent, compared with the caller", "@Param('id') id: string, @Body() dto: Dto, @CurrentUser() user: U", format!("if (dto.tenantId !== user.tenantId) {THROW}\nreturn this.contacts.sync(id, user);")),
        ("the thing compared with what the caller sent", "@Param('id') id: string, @Headers('x-tenant-id') tenantId: string, @CurrentUser() user: U", format!("{FIND}if (provider.tenantId !== tenantId) {THROW}\nreturn this.contacts.sync(provider, user);")),
        ("the thing compared with itself", NAMED, format!("{FIND}if (provider.tenantId !== provider.tenantId) {THROW}\nreturn this.contacts.sync(provider, user);")),
        ("another property", NAMED, format!("{FIND}if (provider.status !== user.status) {THROW}\n{SYNC}")),
        ("another thing than the one that is used", "@Param('id') id: string, @Body() dto: Dto, @CurrentUser() user: U", format!("{FIND}{other}{THROW}\nreturn this.contacts.sync(dto.providerId);")),
        ("a whole body besides the one id that is checked", "@Param('id') id: string, @Body() dto: Dto, @CurrentUser() user: U", format!("{FIND}{other}{THROW}\nreturn this.contacts.sync(dto);")),
        ("a thing that is not named by the caller", NAMED, format!("const provider = await this.repo.findOne({{ where: {{ tenantId: user.tenantId }} }});\nif (!provider) {THROW}\nreturn this.contacts.sync(id);")),
        ("limited, and missing is no matter", NAMED, format!("{OWN}return this.contacts.sync(id);")),
        ("limited in one of two ways", NAMED, format!("const provider = await this.repo.findOne({{ where: [{{ id, tenantId: user.tenantId }}, {{ id }}] }});\nif (!provider) {THROW}\n{SYNC}")),
        ("limited under OR", NAMED, format!("const provider = await this.repo.findFirst({{ where: {{ id, OR: [{{ tenantId: user.tenantId }}, {{ shared: true }}] }} }});\nif (!provider) {THROW}\n{SYNC}")),
        ("limited, and replaced by what the caller sent", "@Param('id') id: string, @Body() dto: Dto, @CurrentUser() user: U", format!("const provider = await this.repo.findOne({{ where: {{ id, tenantId: user.tenantId, ...dto }} }});\nif (!provider) {THROW}\n{SYNC}")),
        ("limited by what may be undefined", NAMED, format!("const provider = await this.repo.findOne({{ where: {{ id, tenantId: user?.tenantId }} }});\nif (!provider) {THROW}\n{SYNC}")),
        ("limited by what the caller sent", "@Param('id') id: string, @Body('tenantId') tenantId: string, @CurrentUser() user: U", format!("const provider = await this.repo.findOne({{ where: {{ id, tenantId }} }});\nif (!provider) {THROW}\nreturn this.contacts.sync(provider, user);")),
        ("a list, which is never missing", NAMED, format!("const provider = await this.repo.find({{ where: {{ id, tenantId: user.tenantId }} }});\nif (!provider) {THROW}\nreturn this.contacts.sync(id);")),
        ("a query with OR", NAMED, "const { rows } = await this.db.query('SELECT * FROM p WHERE id = $1 OR tenant_id = $2', [id, user.tenantId]);\nif (rows.length === 0) throw new NotFoundException();\nreturn this.contacts.sync(id);".into()),
        ("a query with the places swapped", NAMED, "const { rows } = await this.db.query('SELECT * FROM p WHERE id = $2 AND tenant_id = $1', [id, user.tenantId]);\nif (rows.length === 0) throw new NotFoundException();\nreturn this.contacts.sync(id);".into()),
        ("a question without an answer", NAMED, "await this.access.isOwner(id, user.id);\nreturn this.contacts.sync(id);".into()),
        ("a check whose answer may matter", NAMED, "await this.access.checkOwnership(id, user.id);\nreturn this.contacts.sync(id);".into()),
        ("an assertion that is not awaited", NAMED, "this.access.assertOwner(id, user.id);\nreturn this.contacts.sync(id);".into()),
        ("an assertion about another id", "@Param('id') id: string, @Body() dto: Dto, @CurrentUser() user: U", "await this.access.assertOwner(id, user.id);\nreturn this.contacts.sync(dto.accountId);".into()),
        ("a question that is not awaited", NAMED, format!("if (!this.access.isOwner(id, user.id)) {THROW}\nreturn this.contacts.sync(id);")),
        ("caught, and gone on", NAMED, format!("try {{ {FIND}{other}{THROW} }} catch (e) {{ return this.contacts.sync(id); }}")),
        ("caught, with more after it", NAMED, format!("try {{ {FIND}{other}{THROW} }} catch {{ }}\nreturn this.contacts.sync(id, user);")),
        ("done at the end all the same", NAMED, format!("try {{ {FIND}{other}{THROW} }} finally {{ await this.contacts.sync(id); }}")),
        ("the caller's tenant overwritten", NAMED, format!("{FIND}user.tenantId = provider.tenantId;\n{other}{THROW}\n{SYNC}")),
        ("the thing replaced after the check", NAMED, format!("let provider = await this.repo.findOne({{ where: {{ id }} }});\n{other}{THROW}\nprovider = await this.repo.findOne(other);\n{SYNC}")),
        ("handed to somebody else with the caller", NAMED, "return this.contacts.syncProvider(id, user);".into()),
        ("handed on as the whole request", "@Req() req", "return this.contacts.syncProvider(req);".into()),
    ] {
        let finding = judge(&controller(parameters, &body, ""), &[], plain()).await;
        let person = Outcome::Inconclusive(Reason::NeedsPerson);
        assert_eq!(finding.outcome, person, "{sentence}: {finding:#?}");
        assert!(finding.transcript.len() > 2, "the code is shown: {sentence}");
    }
}

#[tokio::test]
async fn a_method_in_which_the_caller_has_no_part_fails() {
    for (sentence, parameters, body) in [
        (
            "no caller at all",
            "@Param('id') id: string",
            "return this.contacts.sync(id);".to_owned(),
        ),
        (
            "the check in a comment",
            "@Param('id') id: string",
            format!("{FIND}// if (provider.tenantId !== user.tenantId) {THROW}\n{SYNC}"),
        ),
        (
            "the check in a string",
            "@Param('id') id: string",
            format!("{FIND}const s = 'if (provider.tenantId !== user.tenantId) throw';\n{SYNC}"),
        ),
        ("a caller who is not asked", NAMED, format!("{FIND}{SYNC}")),
        ("a caller who is only logged", NAMED, format!("this.logger.log(user.id);\n{FIND}{SYNC}")),
        (
            "a comparison without consequence",
            NAMED,
            format!("{FIND}if (provider.tenantId !== user.tenantId) {{ /* nothing */ }}\n{SYNC}"),
        ),
        (
            "a comparison that is only logged",
            NAMED,
            format!(
                "{FIND}if (provider.tenantId !== user.tenantId) {{ this.logger.warn('stranger'); }}\n{SYNC}"
            ),
        ),
        (
            "a thing made up instead of looked up",
            NAMED,
            format!("const provider = {{ id, tenant_id: '', kind: 'mail' }};\n{SYNC}"),
        ),
        (
            "a user whom the caller names",
            "@Param('userId') userId: string, @Param('id') id: string",
            "return this.contacts.sync(id, userId);".into(),
        ),
        (
            "a tenant whom the caller names",
            "@Body() body: Dto",
            "return this.contacts.sync(body.id, body.tenantId);".into(),
        ),
        (
            "the request, for its id only",
            "@Req() req",
            "return this.contacts.sync(req.params.id);".into(),
        ),
    ] {
        let finding = judge(&controller(parameters, &body, ""), &[], plain()).await;
        assert_eq!(finding.outcome, Outcome::Fail, "{sentence}: {finding:#?}");
    }
}

#[tokio::test]
async fn calls_are_followed_to_where_the_check_is() {
    use Outcome::{Fail, Pass};
    let person = Outcome::Inconclusive(Reason::NeedsPerson);
    let service = |body: &str| {
        format!(
            "@Injectable() export class ContactsService {{ async syncProvider(providerId: string, tenantId: string) {{ {body} }} }}"
        )
    };
    let checked = service(
        "const p = await this.repo.findOne({ where: { id: providerId, tenantId } }); if (!p) throw new NotFoundException(); return this.sync(p);",
    );
    let open = service(
        "const p = await this.repo.findOne({ where: { id: providerId } }); if (!p) throw new NotFoundException(); return this.sync(p, tenantId);",
    );
    let hand = "return this.contacts.syncProvider(id, user.tenantId);";
    let private = "private async own(id: string, u: JwtUser) { const p = await this.repo.findOne({ where: { id, tenantId: u.tenantId } }); if (!p) throw new NotFoundException(); return p; }";
    let hollow = "private async assertOwner(id: string, user: JwtUser) { return true; }";
    let twice = format!("{checked}\n{open}");
    let yes = "async isOwner(id: string, user: JwtUser) { return true; }";
    let lookup = |conditions: &str| {
        format!(
            "@Injectable() export class ContactsService {{ findForTenant(id: string, t: string) {{ return this.repo.findOne({{ where: {{ {conditions} }} }}); }} }}"
        )
    };
    let (limited, unlimited) = (lookup("id, tenantId: t"), lookup("id"));
    let by = |body: &str| {
        format!(
            "@Injectable() export class ContactsService {{ async findOne(by: By) {{ const {{ id, tenantId }} = by.where; {body} }} }}"
        )
    };
    let uses = by(
        "return (await this.db.query('SELECT * FROM p WHERE id = $1 AND tenant_id = $2', [id, tenantId]))[0];",
    );
    let drops = by("return (await this.db.query('SELECT * FROM p WHERE id = $1', [id]))[0];");
    let ask_for = "const p = await this.contacts.findOne({ where: { id, tenantId: user.tenantId } });\nif (!p) throw new NotFoundException();\nreturn this.queue.add(p);";
    let look = "const p = await this.contacts.findForTenant(id, user.tenantId);\nif (!p) throw new NotFoundException();\nreturn this.queue.add(p);";
    for (sentence, body, more, service, outcome) in [
        ("into the service, which checks", hand, "", checked.as_str(), Pass),
        ("into the service, which does not", hand, "", open.as_str(), person),
        (
            "into the service with the caller's own word for the tenant",
            "return this.contacts.syncProvider(id, id);",
            "",
            checked.as_str(),
            Fail,
        ),
        ("to a service of which there are two", hand, "", twice.as_str(), person),
        (
            "into a method of the same class",
            "const p = await this.own(id, user);\nreturn this.contacts.sync(p);",
            private,
            "",
            Pass,
        ),
        (
            "into a method that is not awaited",
            "const p = this.own(id, user);\nreturn this.contacts.sync(id);",
            private,
            "",
            person,
        ),
        (
            "into an assertion that asserts nothing",
            "await this.assertOwner(id, user);\nreturn this.contacts.sync(id);",
            hollow,
            "",
            person,
        ),
        (
            "into a question that is always answered by yes",
            "if (!(await this.isOwner(id, user))) throw new ForbiddenException();\nreturn this.contacts.sync(id);",
            yes,
            "",
            person,
        ),
        ("into a lookup that is limited", look, "", &limited, Pass),
        ("into a lookup that is limited by its name only", look, "", &unlimited, person),
        ("into a lookup of one's own that uses its conditions", ask_for, "", &uses, Pass),
        ("into a lookup of one's own that drops whose it is", ask_for, "", &drops, person),
        ("round in circles", "return this.syncProvider(id, user);", "", "", person),
    ] {
        let code = controller(NAMED, body, more);
        let finding = judge(&code, &[("src/contacts.service.ts", service)], plain()).await;
        assert_eq!(finding.outcome, outcome, "{sentence}: {finding:#?}");
    }
}

#[tokio::test]
async fn a_pattern_of_the_template_counts_where_it_always_runs() {
    use Outcome::Pass;
    let person = Outcome::Inconclusive(Reason::NeedsPerson);
    for (sentence, body, outcome) in [
        ("always", "await this.policy.permit(user, id);\nreturn this.contacts.sync(id);", Pass),
        (
            "sometimes",
            "if (STRICT) { await this.policy.permit(user, id); }\nreturn this.contacts.sync(id);",
            person,
        ),
        ("too late", "await this.contacts.sync(id);\nawait this.policy.permit(user, id);", person),
        (
            "in a comment",
            "// await this.policy.permit(user, id);\nreturn this.contacts.sync(id, user);",
            person,
        ),
        (
            "in a function that may never run",
            "const f = async () => { await this.policy.permit(user, id); };\nreturn this.contacts.sync(id, user);",
            person,
        ),
        (
            "perhaps",
            "STRICT && (await this.policy.permit(user, id));\nreturn this.contacts.sync(id);",
            person,
        ),
    ] {
        let params = json!({"file": FILE, "patterns": ["await this.policy.permit($$$)"]});
        let finding = judge(&controller(NAMED, body, ""), &[], params).await;
        assert_eq!(finding.outcome, outcome, "{sentence}: {finding:#?}");
    }
}

#[tokio::test]
async fn a_missing_method_or_file_is_told() {
    for (sentence, params) in [
        ("method", json!({"file": FILE, "method": "pushProvider"})),
        ("class", json!({"file": FILE, "class": "CalendarController"})),
        ("file", json!({"file": "src/gone.ts"})),
    ] {
        let finding = judge(&controller(NAMED, FIND, ""), &[], params).await;
        assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::NotConfigured), "{sentence}");
    }
}
