// Coverage of the processes that the tests start is not measured, because each would take twice as long.
delete process.env["NODE_V8_COVERAGE"];
delete process.env["NODE_DISABLE_COMPILE_CACHE"];
