// What the tests start is not measured: every process would take twice its time.
delete process.env["NODE_V8_COVERAGE"];
delete process.env["NODE_DISABLE_COMPILE_CACHE"];
