//! Declares the window's commands, so that the ones not declared are refused, and lets
//! Tauri embed its configuration.

macro_rules! with_commands {
    ($($name:ident),* $(,)?) => { &[$(stringify!($name)),*] };
}

fn main() {
    println!("cargo:rerun-if-changed=src-tauri/app/command_list.in");
    let commands: &'static [&'static str] = include!("command_list.in");
    let manifest = tauri_build::AppManifest::new().commands(commands);
    let attributes = tauri_build::Attributes::new()
        .app_manifest(manifest)
        .capabilities_path_pattern("./src-tauri/app/capabilities/*.json");
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}
