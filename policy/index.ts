// The policy pack. It is started by Pulumi: `pulumi preview --policy-pack policy`.
import { PolicyPack } from "@pulumi/policy";
import { policiesByArea } from "./all.ts";

new PolicyPack("postgres-recovery", { policies: Object.values(policiesByArea).flat(), enforcementLevel: "mandatory" });
