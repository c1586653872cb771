/** Label of everything that belongs to an embedded cloud; its value is which. */
export const cloudLabel = "retrofit.embedded.gcp";
