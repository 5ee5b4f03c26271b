import { DeployError } from '../errors.ts';

/** The job was cancelled: what is under way stops, and users go back to what they had. */
export class Cancelled extends DeployError {}
