// `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, `ACCOUNT.dkr.ecr-fips...`, and with IPv6 `ACCOUNT.dkr-ecr.REGION.on.aws`.
const ECR_HOST = /^(?<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?<region>[a-z0-9-]+)\.[a-z.]+$/;

/**
 * Account and Region of a private ECR registry; undefined for any other host.
 * Source of the names: "Amazon ECR endpoints and quotas" in the AWS General Reference.
 */
export function ecrHost(host: string): { account: string; region: string } | undefined {
  const groups = ECR_HOST.exec(host)?.groups;
  return groups?.account && groups.region ? { account: groups.account, region: groups.region } : undefined;
}
