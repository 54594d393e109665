//! The configuration file in nginx's own language.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, ensure};

use super::{LoginLimit, NginxOptions, Origins, PlainHttp};

/// The whole nginx.conf.
///
/// # Errors
/// When a value can't be written in nginx's language.
pub(super) fn render(
    options: &NginxOptions,
    dir: &Path,
    tls_port: u16,
    http_port: u16,
) -> Result<String> {
    let dir = dir.display();
    let (origin, cors) = cors(options)?;
    let limit = limit_zone(options.login_limit);
    let answers = options.upstream.map_or_else(|| answers(options), |port| Ok(proxied(port)))?;
    let plain = plain(options.plain, tls_port, &answers);
    let mut headers = String::new();
    for (name, value) in &options.headers {
        writeln!(headers, "        add_header {name} {} always;", quoted(value)?)?;
    }
    let (protocols, ciphers) = (&options.protocols, quoted(&options.ciphers)?);
    let locations = options.locations.join("\n");
    // One process in the foreground: simple to stop, and it runs as whoever started it.
    // Every temporary path is ours, since the built-in ones belong to the system's nginx.
    Ok(format!(
        r#"daemon off;
master_process off;
pid "{dir}/nginx.pid";
events {{ worker_connections 256; }}
http {{
    access_log "{dir}/access.log" combined;
    client_body_temp_path "{dir}/client";
    proxy_temp_path "{dir}/proxy";
    fastcgi_temp_path "{dir}/fastcgi";
    uwsgi_temp_path "{dir}/uwsgi";
    scgi_temp_path "{dir}/scgi";
    default_type application/json;
    server_tokens off;
{origin}
{limit}
    server {{
        listen "unix:{dir}/login.sock";
        access_log off;
        return 401 '{{"message":"Invalid credentials"}}';
    }}
    server {{
        listen 127.0.0.1:{http_port};
        server_name localhost;
{plain}
    }}
    server {{
        listen 127.0.0.1:{tls_port} ssl;
        server_name localhost;
        ssl_certificate "{dir}/server.pem";
        ssl_certificate_key "{dir}/server.key";
        ssl_protocols {protocols};
        ssl_ciphers {ciphers};
{cors}
{headers}
{answers}
{locations}
    }}
}}
"#,
        answers = answers.replace("{dir}", &dir.to_string()),
        plain = plain.replace("{dir}", &dir.to_string()),
    ))
}

/// Everything is the application's, WebSocket included. The peer's address is added to
/// whatever X-Forwarded-For it came with: the application may believe the last one only.
fn proxied(port: u16) -> String {
    format!(
        r#"        location / {{
            proxy_pass http://127.0.0.1:{port};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }}"#
    )
}

/// The API's answers. `return` works before a rate limit does, so that the login is
/// handed to an inner server.
fn answers(options: &NginxOptions) -> Result<String> {
    let (status, body) = &options.health;
    let health = quoted(body)?;
    let me = quoted(r#"{"id":"user-1","email":"user@example.invalid"}"#)?;
    let check = match &options.token {
        None => String::new(),
        Some(token) => format!(
            "if ($http_authorization != {}) {{ return 401 '{{\"message\":\"Unauthorized\"}}'; }} ",
            quoted(&format!("Bearer {token}"))?
        ),
    };
    let limit = match options.login_limit {
        LoginLimit::Off => "",
        _ => "limit_req zone=login burst=4 nodelay; limit_req_status 429; ",
    };
    Ok(format!(
        r#"        location = /health {{ return {status} {health}; }}
        location = /auth/me {{ {check}return 200 {me}; }}
        location = /auth/login {{ {limit}proxy_pass "http://unix:{{dir}}/login.sock:/"; }}
        location / {{ return 404 '{{"message":"Not Found"}}'; }}"#
    ))
}

fn plain(plain: PlainHttp, tls_port: u16, answers: &str) -> String {
    match plain {
        PlainHttp::Redirect(status) => {
            format!("        return {status} https://localhost:{tls_port}$request_uri;")
        }
        PlainHttp::RedirectRootOnly => {
            format!(
                "        location = / {{ return 301 https://localhost:{tls_port}/; }}\n{answers}"
            )
        }
        PlainHttp::Serve => answers.to_owned(),
    }
}

/// The maps that CORS needs, and what the TLS server does with them.
fn cors(options: &NginxOptions) -> Result<(String, &'static str)> {
    if options.upstream.is_some() {
        let upgrade = r#"    map $http_upgrade $connection_upgrade { "" ""; default upgrade; }"#;
        return Ok((upgrade.to_owned(), ""));
    }
    let headers = r#"        add_header Access-Control-Allow-Origin $allow_origin always;
        add_header Access-Control-Allow-Credentials $allow_credentials always;
        add_header Access-Control-Allow-Methods $allow_methods always;
        add_header Vary $vary always;
        if ($request_method = OPTIONS) { return 204; }"#;
    Ok((origins(&options.origins)?, headers))
}

/// Maps from the request's `Origin`. nginx leaves out a header whose value is empty.
fn origins(origins: &Origins) -> Result<String> {
    let mut allowed = String::new();
    let (credentials, methods, vary) = match origins {
        Origins::Any => {
            allowed.push_str("default *;");
            ("\"\"", "GET, POST", "\"\"")
        }
        Origins::Reflect => {
            allowed.push_str("default $http_origin;");
            ("true", "GET, POST, PUT, PATCH, DELETE", "\"\"")
        }
        Origins::Only(list) => {
            allowed.push_str("default \"\";");
            for origin in list {
                write!(allowed, " {} $http_origin;", quoted(origin)?)?;
            }
            ("true", "GET, POST", "Origin")
        }
    };
    Ok(format!(
        r#"    map $http_origin $allow_origin {{ {allowed} }}
    map $allow_origin $allow_credentials {{ "" ""; default {credentials}; }}
    map "$request_method$allow_origin" $allow_methods {{ default ""; "~^OPTIONS." "{methods}"; }}
    map $host $vary {{ default {vary}; }}"#
    ))
}

fn limit_zone(limit: LoginLimit) -> String {
    let key = match limit {
        LoginLimit::Off => return String::new(),
        LoginLimit::PerAddress => "$binary_remote_addr",
        LoginLimit::PerForwardedFor => "$http_x_forwarded_for$binary_remote_addr",
    };
    format!("    limit_req_zone {key} zone=login:1m rate=1r/m;")
}

/// A string in nginx's quotes. nginx has no escape for `$`, which starts a variable.
fn quoted(value: &str) -> Result<String> {
    ensure!(
        !value.contains(['$', '\n', '\r']),
        "nginx can't hold a $ or a line break in a value: {value}"
    );
    Ok(format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
}
