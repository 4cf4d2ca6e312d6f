/**
 * The least that the unit and integration tests must cover of each room, in percent of lines and branches; `npm test`
 * fails below. Files that no test loads count. Code that runs only in the processes that tests start is not measured,
 * which is why clients and cli are low.
 */
export const coverageFloors = {
  domain: { lines: 97, branches: 93 },
  operations: { lines: 80, branches: 88 },
  clients: { lines: 54, branches: 66 },
  cli: { lines: 36, branches: 84 },
  components: { lines: 98, branches: 94 },
  settings: { lines: 91, branches: 92 },
} as const;
