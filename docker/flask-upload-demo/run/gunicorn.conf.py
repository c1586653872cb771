# A heartbeat on a real disk can block a worker: https://docs.gunicorn.org/en/stable/faq.html#blocking-os-fchmod
worker_tmp_dir = "/dev/shm"
worker_class = "gthread"
workers = 2
# The app is imported once, not by each worker, and what is wrong with it ends the start at once.
preload_app = True
threads = 4
graceful_timeout = 20
loglevel = "info"
# Its place would be in the home folder, which is read-only.
control_socket_disable = True
