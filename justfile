# Short names for what CONTRIBUTING.md describes; each line works without just.

# List these recipes.
default:
    @just --list

# The tests that need Rust and a C compiler alone.
test *ARGS:
    cargo test --locked {{ARGS}}

# Everything that CI runs.
ci:
    bash .ci/run

# Measure; other benchmarks need more, see docs/performance.md.
bench *ARGS="--bench review --bench offline":
    cargo bench --locked {{ARGS}}

# Run the fuzz targets: seconds for each, then their names.
fuzz *ARGS:
    fuzz/run {{ARGS}}

# Rewrite the golden files; read the difference before you commit it.
golden *ARGS:
    UPDATE_GOLDEN=1 cargo test --locked {{ARGS}}
