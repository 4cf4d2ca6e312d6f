/**
 * Which lines of `pulumi up` a demo shows: what each step said and how it ended, then everything from the diagnostics on.
 * Left out are resources without a step of their own, the beginning of steps, and signs of life.
 *
 * @returns a function that takes the lines in order.
 */
export function stepLines(): (line: string) => boolean {
  let isEnd = false;
  return (line) => {
    isEnd ||= /^(Diagnostics|Resources):/.test(line);
    return (
      isEnd ||
      (/command:local:Command \S+ (created|creat\w* replacement|updated|creating|\*\*)/.test(line) &&
        !isBeginning(line))
    );
  };
}

/** Such as ` +  command:local:Command roll creating (0s) ` without a message of the step. */
function isBeginning(line: string): boolean {
  return /creating( replacement)? \(\d+s\)( \[diff: [^\]]*\];?)?\s*$/.test(line);
}
