import { gathered } from "../../gathered.ts";
import { Wait } from "../../waiting.ts";
import type { HarborApiAccess } from "../../../clients/harbor-api.ts";
import type { HarborCluster } from "../../../domain/harbor/objects.ts";
import type { Judged } from "../../../domain/restore/proof/checks.ts";
import { isHealthy, judgeHarbor, skippedHarbor, type HarborAnswers } from "../../../domain/restore/proof/harbor.ts";
import { formatObjectName } from "../../../domain/kubernetes/object-name.ts";
import { notKnown } from "./database.ts";
import type { Running } from "./gather.ts";

const pauses = [2, 3, 5];

/** Asks Harbor itself, until it is healthy. */
export async function checkHarbor(running: Pick<Running, "clients" | "request" | "surroundings">): Promise<Judged> {
  const { clients, request, surroundings } = running;
  const { skip } = request.harbor;
  if (skip !== undefined) return skippedHarbor(formatObjectName(request.cluster), skip);
  const access = await accessOf(running);
  const wait = new Wait({ limit: request.timeLimits.harbor, pauses }, surroundings);
  let answers: HarborAnswers;
  do {
    const [health, projects] = await Promise.all([
      clients.askHarbor(access, "/api/v2.0/health", surroundings.signal),
      clients.askHarbor(access, "/api/v2.0/projects?page_size=1", surroundings.signal),
    ]);
    answers = { url: access.url, health, projects };
    if (isHealthy(answers)) break;
  } while (await wait.pause("waiting for Harbor to be healthy"));
  return judgeHarbor(answers);
}

async function accessOf({
  clients,
  request,
  surroundings,
}: Pick<Running, "clients" | "request" | "surroundings">): Promise<HarborApiAccess> {
  const { insecure, url } = request.harbor;
  const cluster = await gathered(clients.harbor.getHarborCluster(request.cluster), surroundings.signal);
  const found = "found" in cluster ? cluster.found : undefined;
  const address = url ?? found?.spec.externalURL;
  if (address === undefined)
    throw notKnown(`Harbor's address is not known: ${"failed" in cluster ? cluster.failed : "no externalURL"}`);
  return {
    url: address,
    insecure,
    authorities: insecure ? [] : await authoritiesOf(found, { clients, request, surroundings }),
  };
}

/** The authority that the HarborCluster's own certificate names, which is often one of its own. */
async function authoritiesOf(
  cluster: HarborCluster | undefined,
  { clients, request, surroundings }: Pick<Running, "clients" | "request" | "surroundings">,
): Promise<string[]> {
  const name = cluster?.spec.expose?.core?.tls?.certificateRef;
  if (name === undefined) return [];
  const { namespace } = request.cluster;
  const secret = await gathered(clients.harbor.getSecret({ namespace, name }), surroundings.signal);
  const data = "found" in secret ? secret.found?.data : undefined;
  const certificate = data?.["ca.crt"] ?? data?.["tls.crt"];
  return certificate === undefined ? [] : [Buffer.from(certificate, "base64").toString("utf8")];
}
