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
