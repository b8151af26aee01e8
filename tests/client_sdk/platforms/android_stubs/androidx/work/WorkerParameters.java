package androidx.work;

public final class WorkerParameters {
    private final Data data;

    public WorkerParameters(Data data) {
        this.data = data;
    }

    public Data getInputData() {
        return data;
    }
}
