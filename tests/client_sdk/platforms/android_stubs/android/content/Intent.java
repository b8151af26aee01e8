package android.content;

public class Intent {
    private String className;

    public Intent setClassName(Context context, String className) {
        this.className = className;
        return this;
    }

    /** Not Android's: what a test reads back. */
    public String className() {
        return className;
    }
}
