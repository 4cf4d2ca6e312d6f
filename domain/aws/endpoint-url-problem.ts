/** Plain HTTP is fine only where nobody can listen. */
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * What is wrong with the address of an AWS API; undefined when it can be used.
 *
 * @example endpointUrlProblem("https://vpce-1a2b.s3.eu-west-2.vpce.amazonaws.com") // → undefined
 * @example endpointUrlProblem("http://10.0.0.7:9000") // → "must be https://…"
 */
export function endpointUrlProblem(text: string): string | undefined {
  if (!/^https?:\/\/[^/?#@\s]+$/.test(text) || !URL.canParse(text))
    return "must be https://HOST[:PORT], without a path and without a slash at the end";
  const { hostname, protocol } = new URL(text);
  if (protocol === "https:" || loopback.test(hostname)) return undefined;
  return "must be https://…: plain http is only for this machine itself, because data and signatures could be read on the way";
}
