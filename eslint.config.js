import importX, { createNodeResolver } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/**
 * The arrows of the house (docs/architecture.md): each room may import only the rooms named beside it. The rule below sees
 * no `import()`; test/unit/house.test.ts does, and holds the names here to the folders that exist.
 */
export const arrows = {
  index: ["settings", "components"],
  components: ["domain"],
  cli: ["operations", "clients", "settings", "domain"],
  operations: ["clients", "domain"],
  clients: ["domain"],
  settings: ["domain"],
  policy: ["domain"],
  ci: ["domain"],
  domain: [],
};
/** Every folder with code, and index.ts. Those without arrows may import any. */
export const rooms = [...Object.keys(arrows), "bench", "sandbox", "test"];
const arrowRules = Object.entries(arrows).map(([room, allowed]) => ({
  files: room === "index" ? ["index.ts"] : [`${room}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            regex: `^(\\./|(\\.\\./)+)(${rooms.filter((other) => other !== room && !allowed.includes(other)).join("|")})(/|\\.ts$)`,
            message: `${room} may import only: ${allowed.join(", ") || "nothing of the house"}`,
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["node_modules", "coverage", "eslint.config.js"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    plugins: { "import-x": importX },
    settings: {
      "import-x/extensions": [".ts"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".js"] })],
    },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "import-x/no-cycle": "error",
    },
  },
  // JavaScript, so that an old Node can read it.
  { files: ["policy/start.js", "settings/start.js"], ...tseslint.configs.disableTypeChecked },
  // A part of a page, which runs in a browser.
  { files: ["domain/fleet/page/page.js"], ...tseslint.configs.disableTypeChecked },
  ...arrowRules,
);
