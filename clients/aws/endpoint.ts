/**
 * Settings of an SDK client. Only the given endpoint counts: without one, AWS is AWS. `AWS_ENDPOINT_URL` and similar
 * variables, and `endpoint_url` of the shared config file, would let a check approve a different store from the one that
 * the database uses.
 *
 * @param endpoint `scheme://host[:port]` of an S3-compatible store, a VPC endpoint or an emulator. Default: AWS itself.
 */
export function endpointSettings(endpoint: string | undefined): {
  readonly ignoreConfiguredEndpointUrls: true;
  readonly endpoint?: string;
} {
  return { ignoreConfiguredEndpointUrls: true, ...(endpoint !== undefined && { endpoint }) };
}

/**
 * A line for a person whose environment names another endpoint, which is not used; undefined when none is named, or when
 * the endpoint is given.
 *
 * @param service as in the variable's name, such as `S3` for `AWS_ENDPOINT_URL_S3`.
 */
export function ignoredEndpoint(service: "S3" | "SECRETS_MANAGER", endpoint: string | undefined): string | undefined {
  if (endpoint !== undefined) return undefined;
  const variable = [`AWS_ENDPOINT_URL_${service}`, "AWS_ENDPOINT_URL"].find((name) => Boolean(process.env[name]));
  return variable && `${variable} is not used, and AWS itself is asked; --endpoint-url names another address`;
}
