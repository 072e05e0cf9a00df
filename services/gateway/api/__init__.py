"""The API: what a product's backend and pages ask and say over HTTP. Read `app` first."""
