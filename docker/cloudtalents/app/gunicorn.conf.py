bind = "0.0.0.0:8000"
workers = 2
# The app is imported once, not by each worker, and what is wrong with it ends the start at once.
preload_app = True
threads = 4
# The heartbeat file: on disk, a slow disk would look like a hung worker.
worker_tmp_dir = "/dev/shm"
# Would be written to the home folder, which is read-only.
control_socket_disable = True
