//! Any text as a settings file: taken whole or refused in words.

#![no_main]

use libfuzzer_sys::fuzz_target;
use syncguard::settings::Settings;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = Settings::parse("settings.yaml", bytes, false) {
        assert!(!error.to_string().is_empty());
    }
});
