import assert from "node:assert/strict";
import { answered, type ServiceCodes } from "../../../../clients/aws/service-error.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { faultTest } from "../../../support/fault-test.ts";

const codes: ServiceCodes = {
  name: "SNS",
  missing: { NotFoundException: { code: "sns-topic-missing", next: "check the ARN" } },
  forbidden: { code: "sns-forbidden", next: "see the IAM policy" },
  failed: "sns-failed",
};
const never = new AbortController().signal;

function failing(name: string, message: string, signal = never): Promise<unknown> {
  return answered("the topic", codes, signal, () => Promise.reject(Object.assign(new Error(message), { name })));
}

describe("the errors of an AWS service", () => {
  for (const [name, code] of [
    ["NotFoundException", "sns-topic-missing"],
    ["AccessDenied", "sns-forbidden"],
    ["AccessDeniedException", "sns-forbidden"],
    ["AuthorizationErrorException", "sns-forbidden"],
    ["KMSAccessDeniedException", "sns-forbidden"],
    ["KMSDisabledException", "sns-failed"],
    ["TimeoutError", "sns-failed"],
    ["ThrottledException", "sns-failed"],
    ["CredentialsProviderError", "aws-credentials-missing"],
    ["ExpiredTokenException", "aws-credentials-rejected"],
    ["InvalidClientTokenId", "aws-credentials-rejected"],
    ["SignatureDoesNotMatch", "aws-credentials-rejected"],
  ] as const)
    faultTest(164, `${name} is ${code}`, async () => {
      await assert.rejects(failing(name, "as AWS says it"), {
        code,
        message: `SNS: the topic: ${name}: as AWS says it`,
      });
    });

  it("a region that is missing is said to be missing", async () => {
    await assert.rejects(failing("Error", "Region is missing"), { code: "aws-region-missing" });
  });

  it("an interruption keeps its own reason", async () => {
    const stop = new AbortController();
    const interrupted = new RecoveryError("interrupted", "interrupted");
    stop.abort(interrupted);
    await assert.rejects(failing("AbortError", "aborted", stop.signal), interrupted);
  });
});
