/** Label of everything that belongs to an embedded cloud; its value is which. */
export const cloudLabel = "retrofit.embedded.aws";
/** Labels of a task's containers and volumes: the task's id, and the container's name in its definition. */
export const taskLabel = "retrofit.embedded.aws.task";
export const containerLabel = "retrofit.embedded.aws.container";
