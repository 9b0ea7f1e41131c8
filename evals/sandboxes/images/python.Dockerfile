# For jobs in Python: the standard library and nothing else.
ARG PYTHON
FROM python:${PYTHON}-slim
RUN pip uninstall --yes pip && rm -rf /root/.cache
CMD ["python3"]
